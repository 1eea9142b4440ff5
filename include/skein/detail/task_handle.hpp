// What awaiters get of the coroutine that awaits: a frame of a task, of which more is known than of any
// coroutine: who awaits it, and which function it is. So a stack of awaits can be walked.
#pragma once

#include <concepts>
#include <coroutine>
#include <source_location>

namespace skein::detail {

struct frame_head;

/// Only a coroutine that returns skein::task can await what skein offers: others are stepped by nobody.
template <class Promise>
concept promise_of_a_skein_task = std::derived_from<Promise, frame_head>;

/// The frame of a task, whatever its type; null by default.
class task_handle {
public:
    constexpr task_handle() noexcept = default;
    constexpr task_handle(std::nullptr_t) noexcept {}
    template <promise_of_a_skein_task Promise>
    task_handle(std::coroutine_handle<Promise> frame) noexcept : frame_(frame.address()) {}

    explicit operator bool() const noexcept { return frame_ != nullptr; }
    void resume() const { std::coroutine_handle<>::from_address(frame_).resume(); }
    bool done() const noexcept { return std::coroutine_handle<>::from_address(frame_).done(); }
    void destroy() const { std::coroutine_handle<>::from_address(frame_).destroy(); }
    void* address() const noexcept { return frame_; }
    inline frame_head& head() const noexcept;

private:
    void* frame_ = nullptr;
};

/// How each task's promise begins.
struct frame_head {
    task_handle parent;             // who awaits it; null in the root of a job
    std::source_location function;  // which coroutine it is
};

// A promise lies behind two pointers, wherever its alignment allows that (task.hpp checks it); its head
// first.
inline frame_head& task_handle::head() const noexcept {
    return std::coroutine_handle<frame_head>::from_address(frame_).promise();
}

}  // namespace skein::detail
