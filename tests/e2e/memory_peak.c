/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and writes the peak resident size of it in KiB into a file.
 * The exit code is the command's.
 *
 *   usage: memory_peak FILE COMMAND...
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count < 3)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        execvp(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (child < 0 || waitpid(child, &status, 0) < 0 ||
        getrusage(RUSAGE_CHILDREN, &used) != 0) {
        perror("memory_peak");
        return 125;
    }
    FILE *out = fopen(words[1], "w");
    if (!out || fprintf(out, "%ld\n", used.ru_maxrss) < 0 || fclose(out) != 0) {
        perror(words[1]);
        return 125;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
