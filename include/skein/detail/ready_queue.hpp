// What is to run, first come, first served: the ready queue, and the lists of those that wait to go there.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <utility>

namespace skein::detail {

class job;

/// Something that the scheduler runs once each time it was pushed. Until then it may stand in a waiters list.
class ready_node {
public:
    virtual void run() noexcept = 0;
    /// Null for what is not a job.
    virtual const job* as_job() const noexcept { return nullptr; }

protected:
    ready_node() noexcept = default;
    virtual ~ready_node() = default;

private:
    friend class waiters;
    friend class ready_queue;
    ready_node* next_ready_;  // set by what it stands in
};

/// Who is to run when something happens: a queue of ready nodes that goes to the ready queue in one piece.
class waiters {
public:
    bool empty() const noexcept { return last_ == nullptr; }
    void add(ready_node& node) noexcept {
        if (empty()) [[likely]]
            node.next_ready_ = &node;
        else
            node.next_ready_ = std::exchange(last_->next_ready_, &node);
        last_ = &node;
    }
    /// For those who wait no longer. Quick for those who came first, as the children of a scope that is
    /// cancelled do.
    SKEIN_API void remove(ready_node& node) noexcept;
    /// Takes out the first.
    ready_node& pop() noexcept {
        ready_node& first = *last_->next_ready_;
        last_->next_ready_ = std::exchange(first.next_ready_, nullptr);
        if (last_ == &first) last_ = nullptr;
        return first;
    }

private:
    friend class ready_queue;
    ready_node* last_ = nullptr;  // of a ring
};

class ready_queue {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    void push(ready_node& node) noexcept {
        node.next_ready_ = nullptr;
        append(node, node);
    }
    /// All of the list, which is empty then.
    void push_all(waiters& list) noexcept {
        if (list.empty()) return;
        ready_node& last = *std::exchange(list.last_, nullptr);
        append(*std::exchange(last.next_ready_, nullptr), last);
    }
    /// Takes out the first.
    ready_node& pop() noexcept {
        ready_node& first = *first_;
        first_ = first.next_ready_;
        return first;
    }

    /// How many there are, counted up to `most`.
    SKEIN_API std::size_t count(std::size_t most) const noexcept;
    /// Takes out the one at that place, which is there.
    SKEIN_API ready_node& take(std::size_t place) noexcept;
    /// Calls `look` with each, in order.
    template <class Fn>
    void for_each(Fn look) const {
        for (const ready_node* one = first_; one != nullptr; one = one->next_ready_) look(*one);
    }

private:
    void append(ready_node& first, ready_node& last) noexcept {
        if (empty())
            first_ = &first;
        else
            last_->next_ready_ = &first;
        last_ = &last;
    }

    ready_node* first_ = nullptr;
    ready_node* last_;  // if there is a first one
};

}  // namespace skein::detail
