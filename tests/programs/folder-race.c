/*
 * Walks, reads, writes, makes, renames and removes below a folder that another process changes
 * meanwhile (tests/host-folder/race.test.ts). Ends with 1 at the first byte that is not from inside.
 * Arguments: the folder, how often.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long reads;

static void check(const char *path)
{
    char bytes[64];
    int file = open(path, O_RDONLY);
    if (file < 0)
        return;
    ssize_t length = read(file, bytes, sizeof bytes - 1);
    close(file);
    if (length <= 0)
        return;
    bytes[length] = 0;
    if (strstr(bytes, "SECRET")) {
        printf("%s: %s\n", path, bytes);
        exit(1);
    }
    reads++;
}

static void change(const char *folder)
{
    char one[64], two[64];
    snprintf(one, sizeof one, "%s/new", folder);
    snprintf(two, sizeof two, "%s/newer", folder);
    int file = open(one, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file >= 0) {
        if (write(file, "inside", 6) < 0)
            reads += 0;
        close(file);
    }
    rename(one, two);
    link(two, one);
    unlink(one);
    unlink(two);
    mkdir(one, 0755);
    rmdir(one);
    DIR *listing = opendir(folder);
    if (listing) {
        while (readdir(listing))
            ;
        closedir(listing);
    }
}

int main(int argc, char **argv)
{
    static const char *const files[] = {"d/file", "deep/e/file", "f", "m/file", "m/other"};
    static const char *const folders[] = {"d", "deep/e"};
    int turns = argc > 2 ? atoi(argv[2]) : 1;
    if (argc < 2 || chdir(argv[1]) != 0)
        return 2;
    for (int turn = 0; turn < turns; turn++) {
        for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
            check(files[i]);
        for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++)
            change(folders[i]);
        int file = open("f", O_WRONLY);
        if (file >= 0) {
            if (write(file, "inside", 6) < 0)
                reads += 0;
            close(file);
        }
        chmod("f", 0644);
        truncate("d/file", 6);
    }
    printf("read %ld\n", reads);
    return 0;
}
