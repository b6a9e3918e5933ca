/* Hiding of passwords; see hide.h. */
#include "cli/text/hide.h"

#include <string.h>
#include <strings.h>

#include "engine/secret.h"

struct words {
    const char *at, *end;
    const char *word; /* the one of the moment */
    size_t n;
};

/* The next word; quotes keep blanks in it, and one that is never closed reaches to the end. */
static bool next_word(struct words *w)
{
    bool quoted = false;
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t'))
        w->at++;
    w->word = w->at;
    for (; w->at < w->end && (quoted || (*w->at != ' ' && *w->at != '\t')); w->at++)
        quoted ^= *w->at == '"';
    w->n = (size_t)(w->at - w->word);
    return w->n > 0;
}

static bool is(const struct words *w, const char *whole, size_t least)
{
    return w->n >= least && w->n <= strlen(whole) && strncasecmp(w->word, whole, w->n) == 0;
}

static bool is_form(const struct words *w, size_t least)
{
    return is(w, "simple", least) || is(w, "cipher", least);
}

/* Where a password begins and ends behind the word of the moment; false: there is none. */
static bool secret_behind(const struct words *w, struct words *secret)
{
    struct words after = *w;
    bool form = is_form(w, 2);
    *secret = *w;
    if (!next_word(&after))
        return false;
    if (is_form(&after, 1) && is(w, "password", 1)) {
        if (!next_word(&after))
            return false;
        after.at = after.end;
    } else if (is(w, "password", 2)) {
        after.at = after.end;
    } else if (!form) {
        return false;
    }
    *secret = after;
    return true;
}

struct copy {
    char *out;
    size_t n, room;
};

static void add(struct copy *c, const char *text, size_t n)
{
    if (n > c->room - c->n)
        n = c->room - c->n;
    memcpy(c->out + c->n, text, n);
    c->n += n;
}

bool hide_secrets(const char *line, size_t n, char *out, size_t len)
{
    struct words w = {.at = line, .end = line + n}, secret;
    struct copy c = {.out = out, .room = len - 1};
    const char *done = line;
    while (next_word(&w))
        if (secret_behind(&w, &secret)) {
            add(&c, done, (size_t)(secret.word - done));
            add(&c, SECRET_MASK, sizeof SECRET_MASK - 1);
            done = w.at = secret.at;
        }
    bool hidden = done != line;
    add(&c, done, (size_t)(line + n - done));
    out[c.n] = 0;
    return hidden;
}
