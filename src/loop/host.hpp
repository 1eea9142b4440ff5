// The seam of the loop: what the layers above need of whatever drives a scheduler. libuv's loop is one host,
// the simulation of skein/testing.hpp another. Knows no libuv.
#pragma once

#include <skein/detail/scheduler.hpp>

#include <chrono>

namespace skein::loop {

class host;

/// A call that blocks, which the host makes where it may: on a thread of its pool.
class blocking_call {
public:
    blocking_call(const blocking_call&) = delete;
    blocking_call& operator=(const blocking_call&) = delete;

    /// In that thread.
    virtual void call() noexcept = 0;
    /// Back in the loop's; `ran` is false if it was cancelled before it began. May delete the object.
    virtual void on_over(bool ran) noexcept = 0;

    void* of_host = nullptr;  ///< the host's own, while the call is under way

protected:
    blocking_call() noexcept = default;
    virtual ~blocking_call() = default;
};

/// Something that holds handles of a loop beyond the tasks that use it, as a connection pool does, and gives
/// them up when the loop ends. In a list of the host while it is bound to one.
class resource {
public:
    resource() noexcept = default;
    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;

    /// The loop ends: close every handle now. The resource is already out of the list.
    virtual void on_loop_end() noexcept = 0;

    host* bound_to() const noexcept { return host_; }

protected:
    virtual ~resource();

private:
    friend host;
    host* host_ = nullptr;
    resource* previous_ = nullptr;
    resource* next_ = nullptr;
};

/// Who drives the scheduler of this thread. From its construction to its destruction.
class host {
public:
    host(const host&) = delete;
    host& operator=(const host&) = delete;

    /// The host of this thread. Throws std::logic_error, naming `what`, if there is none.
    static host& current(const char* what);

    detail::scheduler& scheduler() noexcept { return scheduler_; }

    /// Binds a resource. Throws std::logic_error if it is bound to another host.
    void bind(resource& one, const char* what);
    void unbind(resource& one) noexcept;

    /// Makes that call; on_over() follows, not from inside this one. The object lives until then. Throws
    /// std::system_error, std::bad_alloc.
    virtual void begin(blocking_call& one) = 0;
    /// A call that has not begun never does, and is over soon; one that runs is not disturbed.
    virtual void cancel(blocking_call& one) noexcept = 0;

    /// The time of day: for what is dated, as cookies are. Never for measuring.
    virtual std::chrono::system_clock::time_point wall_time() const noexcept = 0;

protected:
    /// Throws std::logic_error if the thread has a host already.
    explicit host(detail::scheduler::now_function read_now);
    virtual ~host();

    /// Tells every resource that the loop ends.
    void end_resources() noexcept;

    detail::scheduler scheduler_;

private:
    resource* first_resource_ = nullptr;
};

}  // namespace skein::loop
