// SPDX-License-Identifier: Apache-2.0
#include "queue.h"

#include "common.h"

void queue_init(struct queue *queue, unsigned capacity)
{
    *queue = (struct queue){.capacity = capacity};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
    queue->jobs = allocate(capacity * sizeof *queue->jobs);
}

bool queue_push(struct queue *queue, const struct job *job)
{
    pthread_mutex_lock(&queue->lock);
    bool room = queue->count < queue->capacity;
    if (room) {
        unsigned slot = (queue->first + queue->count) % queue->capacity;
        queue->jobs[slot] = *job;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return room;
}

struct job queue_pop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0)
        pthread_cond_wait(&queue->filled, &queue->lock);
    struct job job = queue->jobs[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_mutex_unlock(&queue->lock);
    return job;
}

unsigned queue_depth(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    unsigned depth = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return depth;
}
