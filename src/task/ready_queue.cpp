// Owns what of the ready queue and of waiters lists is seldom done.
#include <skein/detail/ready_queue.hpp>

namespace skein::detail {

void waiters::remove(ready_node& node) noexcept {
    ready_node* before = last_;
    while (before->next_ready_ != &node) before = before->next_ready_;
    before->next_ready_ = std::exchange(node.next_ready_, nullptr);
    if (last_ == &node) last_ = before != &node ? before : nullptr;
}

std::size_t ready_queue::count(std::size_t most) const noexcept {
    std::size_t count = 0;
    for (const ready_node* one = first_; one != nullptr && count < most; one = one->next_ready_) ++count;
    return count;
}

ready_node& ready_queue::take(std::size_t place) noexcept {
    ready_node* before = nullptr;
    ready_node* node = first_;
    for (; place > 0; --place) {
        before = node;
        node = node->next_ready_;
    }
    (before != nullptr ? before->next_ready_ : first_) = node->next_ready_;
    if (last_ == node) last_ = before;
    return *node;
}

}  // namespace skein::detail
