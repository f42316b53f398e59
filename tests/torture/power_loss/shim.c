/*
 * Records every write and sync below one directory, in the order in which they happened: preloaded into a
 * process of the test, and used nowhere else.
 *
 * POWER_LOSS_ROOT is the directory, POWER_LOSS_TRACE the file that is written, and what is written to
 * POWER_LOSS_MARKS stands in the trace as a mark. One lock is taken around each call and its entry, so the order
 * of the trace is one in which all of it could have happened. What is not understood is recorded as such, and
 * the test fails on it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *marks;
static size_t root_len;
static int trace = -1;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static ssize_t raw_write(int fd, const void *data, size_t len) {
    REAL(write);
    return real(fd, data, len);
}

static void put(const void *data, size_t len) {
    const char *at = data;
    while (len > 0) {
        ssize_t n = raw_write(trace, at, len);
        if (n < 0) {
            if (errno == EINTR) continue;
            abort();
        }
        at += n;
        len -= n;
    }
}

/* An entry: kind, inode, two numbers, a path or data, a second path. */
static void entry(char kind, uint64_t ino, uint64_t a, uint64_t b, const void *data, size_t len, const char *second) {
    int saved = errno;
    uint64_t head[6] = {(uint64_t)kind, ino, a, b, len, second ? strlen(second) : 0};
    put(head, sizeof head);
    if (len) put(data, len);
    if (second) put(second, strlen(second));
    errno = saved;
}

__attribute__((constructor)) static void start(void) {
    marks = getenv("POWER_LOSS_MARKS");
    const char *where = getenv("POWER_LOSS_ROOT");
    const char *file = getenv("POWER_LOSS_TRACE");
    if (!where || !file || !marks) return;
    root_len = strlen(where);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) abort();
    trace = fcntl(fd, F_DUPFD_CLOEXEC, 700);
    if (trace < 0) abort();
    close(fd);
    root = where;
}

static int below(const char *path) {
    return root && strncmp(path, root, root_len) == 0 && (path[root_len] == '/' || path[root_len] == 0);
}

/* The absolute path of a name that was given relative to a directory. */
static int absolute(int dir, const char *path, char *out) {
    if (path[0] == '/') return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
    char from[64], base[PATH_MAX];
    if (dir == AT_FDCWD) snprintf(from, sizeof from, "/proc/self/cwd");
    else snprintf(from, sizeof from, "/proc/self/fd/%d", dir);
    ssize_t n = readlink(from, base, sizeof base - 1);
    if (n < 0) return 0;
    base[n] = 0;
    return snprintf(out, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

/* 0: none of ours. 1: a file or directory below the root. 2: the marks. */
static int ours(int fd, struct stat *st, char *path) {
    if (!root || fd == trace) return 0;
    int saved = errno, is = 0;
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(from, path, PATH_MAX - 1);
    if (n > 0) {
        path[n] = 0;
        if (strcmp(path, marks) == 0) is = 2;
        else if (below(path) && fstat(fd, st) == 0) is = 1;
    }
    errno = saved;
    return is;
}

static void unsupported(const char *what) { entry('X', 0, 0, 0, what, strlen(what), NULL); }

#define LOCK pthread_mutex_lock(&lock)
#define UNLOCK pthread_mutex_unlock(&lock)

static int opened(int (*real)(int, const char *, int, ...), int dir, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (!root || !absolute(dir, path, full) || !below(full)) return real(dir, path, flags, mode);
    LOCK;
    struct stat before, st;
    int existed = lstat(full, &before) == 0;
    int fd = real(dir, path, flags, mode);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (!existed && (flags & O_CREAT)) entry('C', st.st_ino, 0, 0, full, strlen(full), NULL);
        else if ((flags & O_TRUNC) && before.st_size > 0) entry('T', st.st_ino, 0, 0, NULL, 0, NULL);
        if ((flags & O_TMPFILE) == O_TMPFILE || (flags & O_DIRECT)) unsupported("open");
    }
    UNLOCK;
    return fd;
}

#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
#define OPENAT(name) \
    int name(int dir, const char *path, int flags, ...) { MODE; REAL(name); return opened((void *)real, dir, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)
int open(const char *path, int flags, ...) { MODE; return openat(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; return openat64(AT_FDCWD, path, flags, mode); }

static void wrote(int fd, int is, const struct stat *st, off64_t at, const void *data, ssize_t len) {
    (void)fd;
    if (len <= 0) return;
    if (is == 2) entry('M', 0, 0, 0, data, len, NULL);
    else entry('W', st->st_ino, at, 0, data, len, NULL);
}

ssize_t write(int fd, const void *data, size_t len) {
    struct stat st;
    char path[PATH_MAX];
    int is = ours(fd, &st, path);
    if (!is) return raw_write(fd, data, len);
    LOCK;
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    if (is == 1 && (fcntl(fd, F_GETFL) & O_APPEND)) {
        fstat(fd, &st);
        at = st.st_size;
    }
    ssize_t n = raw_write(fd, data, len);
    wrote(fd, is, &st, at, data, n);
    UNLOCK;
    return n;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    struct stat st;
    char path[PATH_MAX];
    if (!ours(fd, &st, path)) return real(fd, parts, count);
    /* A short write is allowed: the rest is asked for again. */
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len) return write(fd, parts[i].iov_base, parts[i].iov_len);
    return 0;
}

#define PWRITE(name, type) \
    ssize_t name(int fd, const void *data, size_t len, type at) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        int is = ours(fd, &st, path); \
        if (!is) return real(fd, data, len, at); \
        LOCK; \
        ssize_t n = real(fd, data, len, at); \
        wrote(fd, is, &st, at, data, n); \
        UNLOCK; \
        return n; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, type, one) \
    ssize_t name(int fd, const struct iovec *parts, int count, type at) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        if (!ours(fd, &st, path)) return real(fd, parts, count, at); \
        for (int i = 0; i < count; i++) \
            if (parts[i].iov_len) return one(fd, parts[i].iov_base, parts[i].iov_len, at); \
        return 0; \
    }
PWRITEV(pwritev, off_t, pwrite)
PWRITEV(pwritev64, off64_t, pwrite64)

#define TRUNCATE(name, type) \
    int name(int fd, type len) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        if (ours(fd, &st, path) != 1) return real(fd, len); \
        LOCK; \
        int r = real(fd, len); \
        if (r == 0) entry('T', st.st_ino, len, 0, NULL, 0, NULL); \
        UNLOCK; \
        return r; \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* Only growth is understood: more zeroes at the end. */
static void grown(const struct stat *st, int mode, off64_t at, off64_t len) {
    if (mode != 0) unsupported("fallocate");
    else if (at + len > st->st_size) entry('T', st->st_ino, at + len, 0, NULL, 0, NULL);
}
#define ALLOCATE(name, type) \
    int name(int fd, int mode, type at, type len) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        if (ours(fd, &st, path) != 1) return real(fd, mode, at, len); \
        LOCK; \
        fstat(fd, &st); \
        int r = real(fd, mode, at, len); \
        if (r == 0) grown(&st, mode, at, len); \
        UNLOCK; \
        return r; \
    }
ALLOCATE(fallocate, off_t)
ALLOCATE(fallocate64, off64_t)
#define POSIX_ALLOCATE(name, type) \
    int name(int fd, type at, type len) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        if (ours(fd, &st, path) != 1) return real(fd, at, len); \
        LOCK; \
        fstat(fd, &st); \
        int r = real(fd, at, len); \
        if (r == 0) grown(&st, 0, at, len); \
        UNLOCK; \
        return r; \
    }
POSIX_ALLOCATE(posix_fallocate, off_t)
POSIX_ALLOCATE(posix_fallocate64, off64_t)

static void synced(const struct stat *st, const char *path) {
    if (S_ISDIR(st->st_mode)) entry('D', st->st_ino, 0, 0, path, strlen(path), NULL);
    else entry('S', st->st_ino, 0, 0, NULL, 0, NULL);
}
#define SYNC(name) \
    int name(int fd) { \
        REAL(name); \
        struct stat st; \
        char path[PATH_MAX]; \
        if (ours(fd, &st, path) != 1) return real(fd); \
        LOCK; \
        int r = real(fd); \
        if (r == 0) synced(&st, path); \
        UNLOCK; \
        return r; \
    }
SYNC(fsync)
SYNC(fdatasync)

/* It waits for neither the disk's own cache nor the file's metadata: nothing may be built on it. */
int sync_file_range(int fd, off64_t at, off64_t len, unsigned flags) {
    REAL(sync_file_range);
    struct stat st;
    char path[PATH_MAX];
    if (ours(fd, &st, path) != 1) return real(fd, at, len, flags);
    LOCK;
    int r = real(fd, at, len, flags);
    entry('Y', st.st_ino, at, len, NULL, 0, NULL);
    UNLOCK;
    return r;
}

#define TWO(name, kind) \
    int name(const char *from, const char *to) { \
        REAL(name); \
        char a[PATH_MAX], b[PATH_MAX]; \
        if (!root || !absolute(AT_FDCWD, from, a) || !absolute(AT_FDCWD, to, b) || !(below(a) || below(b))) \
            return real(from, to); \
        LOCK; \
        int r = real(from, to); \
        if (r == 0) entry(kind, 0, 0, 0, a, strlen(a), b); \
        UNLOCK; \
        return r; \
    }
TWO(rename, 'R')
TWO(link, 'L')
int renameat(int fd, const char *from, int to_fd, const char *to) {
    REAL(renameat);
    if (root) {
        LOCK;
        unsupported("renameat");
        UNLOCK;
    }
    return real(fd, from, to_fd, to);
}

#define REMOVE(name) \
    int name(const char *path) { \
        REAL(name); \
        char full[PATH_MAX]; \
        if (!root || !absolute(AT_FDCWD, path, full) || !below(full)) return real(path); \
        LOCK; \
        int r = real(path); \
        if (r == 0) entry('U', 0, 0, 0, full, strlen(full), NULL); \
        UNLOCK; \
        return r; \
    }
REMOVE(unlink)
REMOVE(rmdir)
int unlinkat(int dir, const char *path, int flags) {
    REAL(unlinkat);
    char full[PATH_MAX];
    if (!root || !absolute(dir, path, full) || !below(full)) return real(dir, path, flags);
    LOCK;
    int r = real(dir, path, flags);
    if (r == 0) entry('U', 0, 0, 0, full, strlen(full), NULL);
    UNLOCK;
    return r;
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    char full[PATH_MAX];
    if (!root || !absolute(AT_FDCWD, path, full) || !below(full)) return real(path, mode);
    LOCK;
    int r = real(path, mode);
    if (r == 0) entry('K', 0, 0, 0, full, strlen(full), NULL);
    UNLOCK;
    return r;
}

/* What would pass unseen. */
static void refuse(int fd, const char *what) {
    struct stat st;
    char path[PATH_MAX];
    if (ours(fd, &st, path) == 1) {
        LOCK;
        unsupported(what);
        UNLOCK;
    }
}
static void *mapped(void *(*real)(void *, size_t, int, int, int, off64_t), void *at, size_t len, int prot, int flags, int fd, off64_t from) {
    if (fd >= 0 && (flags & MAP_SHARED) && (prot & PROT_WRITE)) refuse(fd, "mmap");
    return real(at, len, prot, flags, fd, from);
}
void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t from) {
    REAL(mmap);
    return mapped((void *)real, at, len, prot, flags, fd, from);
}
void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t from) {
    REAL(mmap64);
    return mapped((void *)real, at, len, prot, flags, fd, from);
}
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len, unsigned flags) {
    REAL(copy_file_range);
    refuse(out, "copy_file_range");
    return real(in, in_at, out, out_at, len, flags);
}
