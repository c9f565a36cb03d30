/* SPDX-License-Identifier: MIT */
/* snoop.c - what a hostile agent tries, to get at what runlet knows.
 *
 *   snoop loot FILE FOLDER…          everything it could read goes to FILE; one line on
 *                                    stdout for each attempt: "<pid> <what> got|refused"
 *   snoop ask PORT METHOD PATH [TOKEN [BODY]]   prints the status, 0: no answer
 *   snoop hit PORT PATH BODY         POSTs and closes at once
 *
 * Its targets are its ancestors from the keeper to runlet; nobody else is touched. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *loot;

static void tell(int pid, const char *what, bool got)
{
  printf("%d %s %s\n", pid, what, got ? "got" : "refused");
}

/* Keeps what can be read; a pipe or a terminal is not waited for. */
static bool keep_fd(int fd)
{
  static char part[1 << 16];
  size_t most = 64 << 20;
  ssize_t n = -1;
  struct stat s;
  if (fd < 0 || fstat(fd, &s) < 0)
    return false;
  while (most > 0 && (n = read(fd, part, sizeof part)) > 0) {
    fwrite(part, 1, (size_t)n, loot);
    most -= (size_t)n < most ? (size_t)n : most;
  }
  fputc('\n', loot);
  return n >= 0;
}

static bool keep_file(const char *path)
{
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  bool got = keep_fd(fd);
  if (fd >= 0)
    close(fd);
  return got;
}

static void keep_folder(const char *path)
{
  DIR *d = opendir(path);
  tell(0, path, d != NULL);
  for (struct dirent *one; d && (one = readdir(d));) {
    char below[4096];
    struct stat s;
    if (!strcmp(one->d_name, ".") || !strcmp(one->d_name, ".."))
      continue;
    snprintf(below, sizeof below, "%s/%s", path, one->d_name);
    if (lstat(below, &s) == 0 && S_ISDIR(s.st_mode))
      keep_folder(below);
    else if (S_ISREG(s.st_mode))
      tell(0, below, keep_file(below));
  }
  if (d)
    closedir(d);
}

/* -- one process -- */

static bool keep_entry(int pid, const char *name)
{
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return keep_file(path);
}

static bool keep_links(int pid, const char *folder)
{
  char path[512], target[4096];
  bool got = false;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, folder);
  DIR *d = opendir(path);
  for (struct dirent *one; d && (one = readdir(d));) {
    snprintf(path, sizeof path, "/proc/%d/%s/%s", pid, folder, one->d_name);
    ssize_t n = readlink(path, target, sizeof target);
    if (n <= 0)
      continue;
    got = true;
    fwrite(target, 1, (size_t)n, loot);
    if (target[0] == '/' && strncmp(target, "/dev/", 5) != 0)
      keep_file(path);
  }
  if (d)
    closedir(d);
  return got;
}

/* Each region that `maps` tells; without it, where a program usually is. */
static bool keep_memory(int pid, bool by_mem)
{
  static char part[1 << 20];
  char path[64], line[512];
  bool got = false;
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int mem = by_mem ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "r");
  snprintf(line, sizeof line, "400000-500000 r--p 0");
  while (maps ? fgets(line, sizeof line, maps) != NULL : line[0] != 0) {
    uint64_t from, to;
    char mode[5] = "";
    bool is_ours = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 &&
                   mode[0] == 'r' && to - from < ((uint64_t)1 << 30);
    for (uint64_t at = from; is_ours && at < to; at += sizeof part) {
      size_t want = to - at < sizeof part ? (size_t)(to - at) : sizeof part;
      struct iovec here = {part, want}, there = {(void *)(uintptr_t)at, want};
      ssize_t n = by_mem ? pread(mem, part, want, (off_t)at)
                         : process_vm_readv(pid, &here, 1, &there, 1, 0);
      if (n <= 0)
        break;
      fwrite(part, 1, (size_t)n, loot);
      got = true;
    }
    line[0] = 0;
  }
  if (maps)
    fclose(maps);
  if (mem >= 0)
    close(mem);
  return got;
}

static bool reaches(int pid, const char *folder)
{
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s/.", pid, folder);
  return access(path, F_OK) == 0;
}

static bool attach(int pid)
{
  if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
    return false;
  waitpid(pid, NULL, __WALL);
  ptrace(PTRACE_DETACH, pid, NULL, NULL);
  return true;
}

static bool steal_descriptors(int pid)
{
  bool got = false;
#if defined SYS_pidfd_open && defined SYS_pidfd_getfd
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  for (int fd = 0; process >= 0 && fd < 64; fd++) {
    int stolen = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    got = got || stolen >= 0;
    if (stolen >= 0)
      close(stolen);
  }
#endif
  return got;
}

static void attack(int pid)
{
  static const char *const entries[] = {"environ", "cmdline", "maps",     "auxv",
                                        "stack",   "syscall", "smaps",    "status",
                                        "stat",    "limits",  "mountinfo"};
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    tell(pid, entries[i], keep_entry(pid, entries[i]));
  char task[64];
  snprintf(task, sizeof task, "task/%d/environ", pid);
  tell(pid, "task-environ", keep_entry(pid, task));
  tell(pid, "mem", keep_memory(pid, true));
  tell(pid, "process_vm_readv", keep_memory(pid, false));
  tell(pid, "fd", keep_links(pid, "fd"));
  tell(pid, "map_files", keep_links(pid, "map_files"));
  tell(pid, "root", reaches(pid, "root"));
  tell(pid, "cwd", reaches(pid, "cwd"));
  tell(pid, "pidfd_getfd", steal_descriptors(pid));
  tell(pid, "signal", kill(pid, 0) == 0);
  tell(pid, "ptrace", attach(pid));
}

/* From us upwards: the agent's own are passed over, runlet is the last. */
static int parent_of(int pid, char name[32])
{
  char path[64], line[256];
  int parent = 0;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *f = fopen(path, "r");
  while (f && fgets(line, sizeof line, f)) {
    sscanf(line, "Name: %31s", name);
    sscanf(line, "PPid: %d", &parent);
  }
  if (f)
    fclose(f);
  return parent;
}

static int take_all(int argc, char **argv)
{
  extern char **environ;
  loot = fopen(argv[2], "w");
  if (!loot)
    return 2;
  for (char **e = environ; *e; e++)
    fprintf(loot, "%s\n", *e);
  keep_links(getpid(), "fd");
  char name[32] = "";
  for (int pid = getpid(); pid > 1;) {
    int parent = parent_of(pid, name);
    if (!strncmp(name, "runlet", 6)) {
      printf("%d is %s\n", pid, name);
      attack(pid);
    } else {
      keep_entry(pid, "environ");
      keep_entry(pid, "cmdline");
    }
    if (!strcmp(name, "runlet"))
      break;
    pid = parent;
  }
  for (int i = 3; i < argc; i++)
    keep_folder(argv[i]);
  return fclose(loot) ? 2 : 0;
}

/* -- the control port -- */

static int connected(const char *port)
{
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((unsigned short)atoi(port)),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void send_request(int fd, const char *method, const char *path, const char *token,
                         const char *body)
{
  dprintf(fd,
          "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s%s"
          "Content-Length: %zu\r\n\r\n%s",
          method, path, token ? "Authorization: Bearer " : "", token ? token : "",
          token ? "\r\n" : "", strlen(body), body);
}

static int ask(int argc, char **argv)
{
  char head[64] = "";
  int status = 0, fd = connected(argv[2]);
  if (fd < 0)
    return 2;
  const char *token = argc > 5 && argv[5][0] ? argv[5] : NULL;
  send_request(fd, argv[3], argv[4], token, argc > 6 ? argv[6] : "");
  if (recv(fd, head, sizeof head - 1, MSG_WAITALL) > 0)
    sscanf(head, "HTTP/1.1 %d", &status);
  printf("%s %s %d\n", argv[3], argv[4], status);
  return 0;
}

int main(int argc, char **argv)
{
  signal(SIGPIPE, SIG_IGN);
  if (argc > 2 && !strcmp(argv[1], "loot"))
    return take_all(argc, argv);
  if (argc > 4 && !strcmp(argv[1], "ask"))
    return ask(argc, argv);
  if (argc != 5 || strcmp(argv[1], "hit") != 0)
    return 2;
  int fd = connected(argv[2]);
  if (fd < 0)
    return 2;
  send_request(fd, "POST", argv[3], NULL, argv[4]);
  close(fd);
  return 0;
}
