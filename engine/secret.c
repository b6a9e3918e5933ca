/* Sealing of stored secrets with libsodium's secretbox; see secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/secret.h"

#define MARK "%^%#"
#define MARK_LEN 4

struct secrets {
    uint8_t key[crypto_secretbox_KEYBYTES];
};

static bool read_key(struct secrets *s, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, s->key, sizeof s->key);
    close(fd);
    if (n != (ssize_t)sizeof s->key)
        errno = EINVAL;
    return n == (ssize_t)sizeof s->key;
}

/* Written whole under another name first: a crash never leaves half a key. */
static bool write_key(struct secrets *s, const char *path)
{
    char tmp[4200];
    snprintf(tmp, sizeof tmp, "%s.new", path);
    unlink(tmp);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    randombytes_buf(s->key, sizeof s->key);
    bool ok = write(fd, s->key, sizeof s->key) == (ssize_t)sizeof s->key && fsync(fd) == 0;
    if (close(fd) != 0 || !ok || rename(tmp, path) != 0) {
        unlink(tmp);
        return false;
    }
    return true;
}

bool secrets_open(struct secrets **out, const char *db, char *err, size_t errlen)
{
    char path[4150];
    struct secrets *s = calloc(1, sizeof *s);
    if (!s || sodium_init() < 0) {
        snprintf(err, errlen, "The secret store cannot be initialised.");
        free(s);
        return false;
    }
    *out = s;
    if (strcmp(db, ":memory:") == 0) {
        randombytes_buf(s->key, sizeof s->key);
        return true;
    }
    snprintf(path, sizeof path, "%.4095s.key", db);
    if (read_key(s, path) || (errno == ENOENT && write_key(s, path)))
        return true;
    snprintf(err, errlen, "The key file %s cannot be used: %s.", path, strerror(errno));
    secrets_close(s);
    *out = NULL;
    return false;
}

void secrets_close(struct secrets *s)
{
    if (s)
        sodium_memzero(s, sizeof *s);
    free(s);
}

void secret_seal(const struct secrets *s, const char *clear, size_t n, char out[SECRET_TEXT_MAX])
{
    uint8_t box[crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + SECRET_CLEAR_MAX];
    size_t used = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + n;
    crypto_generichash(box, crypto_secretbox_NONCEBYTES, (const uint8_t *)clear, n, s->key,
                       sizeof s->key);
    crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const uint8_t *)clear, n, box,
                          s->key);
    memcpy(out, MARK, MARK_LEN);
    sodium_bin2base64(out + MARK_LEN, SECRET_TEXT_MAX - 2 * MARK_LEN, box, used,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    memcpy(out + strlen(out), MARK, MARK_LEN + 1);
}

long secret_reveal(const struct secrets *s, const char *text, size_t n,
                   char out[SECRET_CLEAR_MAX + 1])
{
    uint8_t box[SECRET_TEXT_MAX];
    size_t used;
    const size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (n <= 2 * MARK_LEN || memcmp(text, MARK, MARK_LEN) != 0 ||
        memcmp(text + n - MARK_LEN, MARK, MARK_LEN) != 0)
        return -1;
    if (sodium_base642bin(box, sizeof box, text + MARK_LEN, n - 2 * MARK_LEN, NULL, &used, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
        used < head || used - head > SECRET_CLEAR_MAX)
        return -1;
    if (crypto_secretbox_open_easy((uint8_t *)out, box + crypto_secretbox_NONCEBYTES,
                                   used - crypto_secretbox_NONCEBYTES, box, s->key) != 0)
        return -1;
    out[used - head] = 0;
    return (long)(used - head);
}
