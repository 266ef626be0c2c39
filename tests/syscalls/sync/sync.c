/* sync, syncfs, fsync, fdatasync, sync_file_range, readahead: content is where it belongs. */
#include "check.h"

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  int path = open("file", O_PATH), folder = open(".", O_RDONLY), ends[2];
  int writer = open("file", O_WRONLY);
  NEED(pipe(ends) == 0 && write(fd, "hello", 5) == 5);
  sync();
  RESULT(syncfs(fd));
  RESULT(syncfs(folder));
  RESULT(syncfs(99));
  RESULT(syncfs(path));
  RESULT(fsync(fd));
  RESULT(fsync(folder));
  RESULT(fsync(ends[0]));
  RESULT(fsync(99));
  RESULT(fsync(-1));
  RESULT(fsync(path));
  RESULT(fdatasync(fd));
  RESULT(fdatasync(ends[1]));
  RESULT(fdatasync(99));
  RESULT(sync_file_range(fd, 0, 0, 0));
  RESULT(sync_file_range(fd, 1, 3, 7));
  RESULT(sync_file_range(fd, 0, 0, 8));
  RESULT(sync_file_range(fd, -1, 0, 0));
  RESULT(sync_file_range(fd, 0, -1, 0));
  RESULT(sync_file_range(99, 0, 0, 0));
  RESULT(sync_file_range(path, 0, 0, 0));
  RESULT(sync_file_range(ends[0], 0, 0, 0));
  RESULT(readahead(fd, 0, 100));
  RESULT(readahead(writer, 0, 100));
  RESULT(readahead(99, 0, 100));
  RESULT(readahead(ends[0], 0, 100));
  RESULT(readahead(folder, 0, 100));
  int synchronous = open("file", O_WRONLY | O_SYNC), data = open("file", O_WRONLY | O_DSYNC);
  RESULT(write(synchronous, "x", 1));
  RESULT(write(data, "x", 1));
  IS((fcntl(synchronous, F_GETFL) & O_SYNC) == O_SYNC);
  IS((fcntl(data, F_GETFL) & O_SYNC) == O_DSYNC);
  return 0;
}
