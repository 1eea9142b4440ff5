// What other threads send to a loop, until the loop picks it up. The one object here that several threads
// use.
#pragma once

#include <skein/remote.hpp>

#include <uv.h>

#include <mutex>

namespace skein::detail {

class inbox {
public:
    /// `wake` is sent when something has come; it must stay until close().
    explicit inbox(uv_async_t& wake) noexcept : wake_(&wake) {}

    /// Takes a message, which then deletes itself; false if it is not taken. *Thread:* any.
    bool take(message_kind kind, message& what) noexcept;

    /// Puts what has come at the end of the loop's ready queue.
    void empty_into(scheduler& ready) noexcept;
    /// The loop is ending: no tasks from now on.
    void refuse_tasks() noexcept;
    /// The loop has ended: nothing from now on. What was taken is still there.
    void close() noexcept;

private:
    std::mutex mutex_;
    waiters messages_;  // guarded by mutex_, as all of this
    uv_async_t* wake_;  // null once closed
    bool refuses_tasks_ = false;
};

}  // namespace skein::detail
