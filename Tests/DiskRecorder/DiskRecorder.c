#define _GNU_SOURCE
#include "DiskRecorder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096], record[1 << 16];
static size_t length;

// The part of a path behind the folder; NULL for a path that is elsewhere.
static const char *below(const char *path) {
  size_t count = strlen(folder);
  if (count == 0 || strncmp(path, folder, count) != 0) return NULL;
  if (path[count] == 0) return ".";
  return path[count] == '/' ? path + count + 1 : NULL;
}

static void note(const char *what, const char *path, const char *to) {
  pthread_mutex_lock(&lock);
  const char *first = below(path), *second = to ? below(to) : NULL;
  if (first) {
    int count = snprintf(record + length, sizeof record - length, "%s %s%s%s\n", what, first, second ? " " : "",
                         second ? second : "");
    if (count > 0 && length + (size_t)count < sizeof record) length += (size_t)count;
  }
  pthread_mutex_unlock(&lock);
}

static void note_descriptor(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count < 0) return;
  path[count] = 0;
  note("sync", path, NULL);
}

int fsync(int descriptor) {
  note_descriptor(descriptor);
  return (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
  note_descriptor(descriptor);
  return (int)syscall(SYS_fdatasync, descriptor);
}

int rename(const char *path, const char *to) {
  note("rename", path, to);
  return (int)syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, 0);
}

void tz_record_disk(const char *path) {
  pthread_mutex_lock(&lock);
  folder[0] = 0;
  if (path) {
    length = 0;
    record[0] = 0;
    strncpy(folder, path, sizeof folder - 1);
  }
  pthread_mutex_unlock(&lock);
}

const char *tz_disk_record(void) { return record; }
