// skein and a libuv loop that is somebody else's: not in skein.hpp, and the one header that needs <uv.h>.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/run.hpp>

#include <uv.h>

#include <functional>
#include <memory>

namespace skein {

/// Runs tasks inside a libuv loop that the program runs itself, as a server on libuv does. As long as it
/// lives, create_task(), this_remote() and the rest work in that thread, in callbacks of the loop as well as
/// in tasks; tasks run when the program runs its loop. A task keeps that loop running, idle connections and
/// remotes do not: uv_run() returns when no task and nothing of the program's own is left.
///
/// *Thread:* the one that runs the loop. Signals stay the program's: `handle_sigint` does not count. In a
/// *prepare* callback of the program, what wakes a task that waits is seen only after the next poll.
class SKEIN_API uv_host {
public:
    /// `loop` must outlive the closing. *Throws:* std::logic_error if the thread has a skein loop already.
    explicit uv_host(uv_loop_t* loop, run_options options = run_options());
    /// As close(), if that was not called: destructors do not wait.
    ~uv_host();
    uv_host(const uv_host&) = delete;
    uv_host& operator=(const uv_host&) = delete;

    /// Begins to shut down, in the order of run(): cancels the tasks, lets them unwind while the loop runs,
    /// closes connections and handles. Then calls back, from the loop; from there on the thread has no skein
    /// loop, and uv_loop_close() finds nothing of ours. What the callback throws is reported. *Throws:*
    /// std::logic_error if it was called before.
    void close(std::function<void()> on_closed = {});

    /// True once all is closed.
    bool closed() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// The libuv loop that drives this thread's tasks, run()'s own or a host's: for handles of your own beside
/// them. They must be closed, and their close callbacks called, before run() returns: close them in a task
/// that waits for that. *Throws:* std::logic_error if there is none.
SKEIN_API uv_loop_t* native_loop();

}  // namespace skein
