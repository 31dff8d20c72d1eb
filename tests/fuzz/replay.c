/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every file of the folders given through one fuzz target. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        fclose(file);
        return 0;
    }
    size_t bytes = (size_t)info.st_size;
    uint8_t *data = malloc(bytes ? bytes : 1);
    size_t got = data ? fread(data, 1, bytes, file) : 0;
    fclose(file);
    if (data && got == bytes)
        LLVMFuzzerTestOneInput(data, bytes);
    free(data);
    return 1;
}

int main(int count, char **folders)
{
    int replayed = 0;
    for (int i = 1; i < count; i++) {
        DIR *folder = opendir(folders[i]);
        if (!folder)
            continue;
        struct dirent *entry;
        while ((entry = readdir(folder)) != NULL) {
            char path[4096];
            int length =
                snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            if (length > 0 && (size_t)length < sizeof path)
                replayed += replay_file(path);
        }
        closedir(folder);
    }
    printf("replayed %d inputs\n", replayed);
    return replayed > 0 ? 0 : 1;
}
