// Owns who sees which task-local values. A chain is taken apart in a loop: it may be long.
#include <skein/detail/context.hpp>
#include <skein/detail/scheduler.hpp>

namespace skein::detail {

namespace {
constinit thread_local context values_of_thread;
}

context& context::of_thread() noexcept {
    return values_of_thread;
}

const context_node* context::find(std::uint64_t key) noexcept {
    const context_node* node = slot().first_;
    while (node != nullptr && node->key_ != key) node = node->next_;
    return node;
}

std::uint64_t context::make_key() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

void context::release(const context_node* first) noexcept {
    while (first != nullptr && first->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const auto* const next = first->next_;
        delete first;
        first = next;
    }
}

thread_context::thread_context(const context& seen) noexcept
    : before_(std::exchange(values_of_thread, seen)) {}

thread_context::~thread_context() {
    values_of_thread = std::move(before_);
}

context_change::context_change(context_node* added) noexcept
    : changed_(context::slot()), before_(std::move(changed_)) {
    if (before_.first_ != nullptr) context::add_reference(*before_.first_);
    added->next_ = before_.first_;
    changed_.first_ = added;
}

context_change::~context_change() {
    changed_ = std::move(before_);
}

}  // namespace skein::detail
