/*
 * Lists a folder, opens every regular file of it by its name, and removes everything while it lists
 * (tests/host-folder/hostile.test.ts). Prints how many names there were, how many could be opened,
 * a sum over the names' bytes, and how many were removed. Argument: the folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long names = 0, opened = 0, removed = 0, refused = 0;
    unsigned long sum = 0;
    struct dirent *entry;
    if (argc < 2 || chdir(argv[1]) != 0)
        return 2;
    for (int pass = 0; pass < 2; pass++) {
        DIR *listing = opendir(".");
        if (!listing)
            return 3;
        while ((entry = readdir(listing))) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (pass == 1) {
                if (unlinkat(AT_FDCWD, entry->d_name, 0) == 0)
                    removed++;
                continue;
            }
            names++;
            for (const char *at = entry->d_name; *at; at++)
                sum += (unsigned char)*at;
            struct stat status;
            int file = open(entry->d_name, O_RDONLY | O_NONBLOCK);
            if (file >= 0 && fstat(file, &status) == 0 && status.st_ino == entry->d_ino)
                opened++;
            if (file < 0) {
                refused++;
                fprintf(stderr, "%s: %s\n", entry->d_name, strerrorname_np(errno));
            } else
                close(file);
        }
        closedir(listing);
    }
    printf("%ld names, %ld opened, %ld refused, sum %lu, %ld removed\n", names, opened, refused, sum, removed);
    return 0;
}
