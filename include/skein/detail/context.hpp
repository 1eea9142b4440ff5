// The task-local values that a task sees: a list that is never changed, only put something before; so tasks
// share what they have in common, and a task without values has a null pointer.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/detail/recycler.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace skein::detail {

/// A value, and those that were set before it.
class SKEIN_API context_node : public recycled {
public:
    context_node(const context_node&) = delete;
    context_node& operator=(const context_node&) = delete;

protected:
    explicit context_node(std::uint64_t key) noexcept : key_(key) {}
    virtual ~context_node() = default;

private:
    friend class context;
    friend class context_change;

    const std::uint64_t key_;
    const context_node* next_ = nullptr;
    // Atomic, as a call in another thread sees the values of the task that waits for it.
    mutable std::atomic<std::uint32_t> references_ = 1;
};

/// A counted handle on the values that were set; null if there are none.
class SKEIN_API context {
public:
    constexpr context() noexcept = default;
    context(const context& other) noexcept : first_(other.first_) {
        if (first_ != nullptr) [[unlikely]]
            add_reference(*first_);
    }
    context(context&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
    context& operator=(context other) noexcept {
        std::swap(first_, other.first_);
        return *this;
    }
    ~context() {
        if (first_ != nullptr) [[unlikely]]
            release(first_);
    }

    bool empty() const noexcept { return first_ == nullptr; }

    /// What the running task sees; outside of one, what its thread does.
    static const context& current() noexcept;
    /// The latest value of a key there; null if it was not set.
    static const context_node* find(std::uint64_t key) noexcept;
    /// A key that was never given out before.
    static std::uint64_t make_key() noexcept;

private:
    friend class context_change;
    static context& slot() noexcept;
    static context& of_thread() noexcept;
    static void add_reference(const context_node& node) noexcept {
        node.references_.fetch_add(1, std::memory_order_relaxed);
    }
    static void release(const context_node* first) noexcept;

    const context_node* first_ = nullptr;
};

/// Other values for what runs outside tasks in this thread, as long as it lives: callbacks, calls.
class SKEIN_API thread_context {
public:
    explicit thread_context(const context& seen) noexcept;
    ~thread_context();
    thread_context(const thread_context&) = delete;
    thread_context& operator=(const thread_context&) = delete;

private:
    context before_;
};

/// A value more for the running task (or thread), as long as this lives.
class SKEIN_API context_change {
public:
    /// Adopts the node.
    explicit context_change(context_node* added) noexcept;
    ~context_change();
    context_change(const context_change&) = delete;
    context_change& operator=(const context_change&) = delete;

private:
    context& changed_;
    context before_;
};

}  // namespace skein::detail
