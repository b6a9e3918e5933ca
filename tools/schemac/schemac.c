/* schemac: see schemac.h for the language. Usage: schemac [-c OUT.c -h OUT.h] [-m OUT.md] FILE...
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "schemac.h"

void die(struct pos at, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s:%d: ", at.file, at.line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

void *xalloc(size_t n)
{
    void *p = calloc(1, n);
    if (!p)
        abort();
    return p;
}

char *xcopy(const char *s, size_t n)
{
    char *p = xalloc(n + 1);
    memcpy(p, s, n);
    return p;
}

static void write_file(struct schema *s, const char *path, void (*emit)(struct schema *, FILE *))
{
    if (!path)
        return;
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    emit(s, f);
    if (fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct schema s;
    const char *c = NULL, *h = NULL, *m = NULL;
    for (int i = 1; i < argc; i++) {
        const char **out = !strcmp(argv[i], "-c")   ? &c
                           : !strcmp(argv[i], "-h") ? &h
                           : !strcmp(argv[i], "-m") ? &m
                                                    : NULL;
        if (out && i + 1 < argc)
            *out = argv[++i];
        else if (!out)
            parse_file(&s, argv[i]);
    }
    parse_link(&s);
    trie_build(&s);
    write_file(&s, h, emit_header);
    write_file(&s, c, emit_source);
    write_file(&s, m, emit_docs);
    return 0;
}
