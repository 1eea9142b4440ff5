// Values that follow the flow of tasks: Python's contextvars.
#pragma once

#include <skein/detail/context.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace skein {

/// What task_local::set() gives: the value holds until this is destroyed, then the one before does again.
/// *Lifetime:* a local variable of the function that calls set(): several end in reverse order.
class [[nodiscard]] task_local_value {
public:
    /// For the library.
    explicit task_local_value(detail::context_node* added) noexcept : change_(added) {}

private:
    detail::context_change change_;
};

/// A value of the running task that need not be passed through every function: the id of a request for log
/// lines, a user, a trace. A task begins with the values that its creator saw when it made it (create_task,
/// gather, groups, wait_for, with_timeout, shield ...); what it sets is seen by what it awaits and by tasks
/// that it creates from then on, never by its creator or its siblings. A coroutine that is only awaited
/// belongs to the task of who awaits it. Done-callbacks see what was there when they were added, to_thread()
/// what its task sees. Outside tasks, the thread has values of its own, which run() hands on. A program that
/// sets none pays nothing; reading takes time with the number of values that are set. *Lifetime:* a global,
/// as a rule: it must outlive its values.
template <std::copy_constructible T>
class task_local {
public:
    task_local() requires std::default_initializable<T> : default_() {}
    explicit task_local(T default_value) : default_(std::move(default_value)) {}
    task_local(const task_local&) = delete;
    task_local& operator=(const task_local&) = delete;

    /// The value that was set last, or the default one. Valid as long as the value holds, in tasks that have
    /// inherited it too.
    const T& get() const noexcept {
        const auto* found = detail::context::find(key_);
        return found != nullptr ? static_cast<const node*>(found)->value : default_;
    }

    /// Sets the value until what is returned is destroyed: `const auto id = request_id.set("42");`.
    /// *Throws:* std::bad_alloc; what moving a T throws.
    task_local_value set(T value) { return task_local_value(new node(key_, std::move(value))); }

private:
    struct node final : detail::context_node {
        node(std::uint64_t key, T&& set) : context_node(key), value(std::move(set)) {}
        const T value;
    };

    const std::uint64_t key_ = detail::context::make_key();
    const T default_;
};

}  // namespace skein
