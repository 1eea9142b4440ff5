// Owns what the operations on locks, queues and the like mean in skein.
#include "interpreter.hpp"

namespace programs {

skein::task<std::string> interpreter::perform_sync(watcher::step& now, place at) {
    const int number = now.what.number;
    const waiting until_left(watch_, now);
    switch (now.what.what) {
        case kind::wait_event: {
            auto& event = places_.events[number];
            if (!event.is_set()) watch_.await_event(now, number);
            co_await event.wait();
            break;
        }
        case kind::set_event:
            places_.events[number].set();
            watch_.set_event(number);
            break;
        case kind::clear_event:
            places_.events[number].clear();
            break;
        case kind::with_lock:
        case kind::with_permit:
            co_await perform_inside(now, at);
            break;
        case kind::wait_condition:
        case kind::notify_one:
        case kind::notify_all:
            co_await perform_condition(now);
            break;
        case kind::pass_barrier:
            co_await places_.barriers[number].barrier.wait();
            ++places_.barriers[number].passed;
            break;
        default:
            co_return co_await perform_queue(now);
    }
    co_return "done";
}

skein::task<> interpreter::perform_inside(watcher::step& now, place at) {
    const operation& one = now.what;
    watch_.arrive(now);
    skein::mutex::guard guard;
    skein::semaphore::permit permit;
    if (one.what == kind::with_lock)
        guard = co_await places_.mutexes[one.number].lock();
    else
        permit = co_await places_.semaphore(one.number).acquire();
    watch_.serve(now);
    watch_.enter(now, one.what == kind::with_lock ? 1 : 2);
    std::exception_ptr error;
    try {
        co_await run(one.bodies[0], at);
    } catch (...) {
        error = std::current_exception();
    }
    watch_.exit(now);
    if (error) std::rethrow_exception(error);
}

skein::task<> interpreter::perform_condition(watcher::step& now) {
    auto& here = places_.conditions[now.what.number];
    auto guard = co_await here.mutex.lock();
    switch (now.what.what) {
        case kind::wait_condition:
            watch_.arrive(now);
            co_await here.condition.wait(guard);
            watch_.serve(now);
            ++here.woken;
            break;
        case kind::notify_one:
            here.condition.notify_one();
            ++here.notified_at_most;
            break;
        default:
            here.condition.notify_all();
            here.notified_at_most += watch_.in_line(kind::wait_condition, now.what.number);
    }
}

skein::task<std::string> interpreter::perform_queue(watcher::step& now) {
    auto& here = places_.queues[now.what.number];
    watch_.arrive(now);
    if (now.what.what == kind::put) {
        co_await here.queue.put(now.body);
        watch_.serve(now);
        ++here.put;
        co_return "done";
    }
    const int item = co_await here.queue.get();
    watch_.serve(now);
    ++here.got;
    co_return "item " + std::to_string(item);
}

}  // namespace programs
