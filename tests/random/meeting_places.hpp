// What tasks of a program meet at: locks, queues and the like, by number; and an account of what went
// through.
#pragma once

#include <skein/barrier.hpp>
#include <skein/condition.hpp>
#include <skein/event.hpp>
#include <skein/mutex.hpp>
#include <skein/queue.hpp>
#include <skein/semaphore.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace programs {

struct meeting_places {
    struct condition_place {
        skein::mutex mutex;
        skein::condition condition{mutex};
        std::size_t notified_at_most = 0;
        std::size_t woken = 0;
    };
    struct queue_place {
        skein::queue<int> queue{2};
        std::size_t put = 0;
        std::size_t got = 0;
    };
    struct barrier_place {
        skein::barrier barrier{2};
        std::size_t passed = 0;
    };

    std::map<int, skein::event> events;
    std::map<int, skein::mutex> mutexes;
    std::map<int, skein::semaphore> semaphores;
    std::map<int, condition_place> conditions;
    std::map<int, queue_place> queues;
    std::map<int, barrier_place> barriers;

    skein::semaphore& semaphore(int number) { return semaphores.try_emplace(number, 2).first->second; }

    /// When all have ended: what got lost, or came from nowhere.
    std::vector<std::string> find_losses() const {
        std::vector<std::string> found;
        for (const auto& [number, one] : queues)
            if (one.put != one.got + one.queue.size())
                found.emplace_back("an item of a queue is lost, or came twice");
        for (const auto& [number, one] : barriers)
            if (one.passed % 2 != 0) found.emplace_back("a barrier let one pass alone");
        for (const auto& [number, one] : conditions)
            if (one.woken > one.notified_at_most)
                found.emplace_back("a condition woke more than were notified");
        for (const auto& [number, one] : mutexes)
            if (one.locked()) found.emplace_back("a mutex is still locked");
        for (const auto& [number, one] : semaphores)
            if (one.available() != 2) found.emplace_back("a permit is lost, or came twice");
        return found;
    }
};

}  // namespace programs
