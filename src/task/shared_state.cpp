// Owns who is told when a result is there.
#include <skein/detail/shared_state.hpp>

#include <cassert>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace skein::detail {

namespace {

/// A done-callback: runs from the ready queue, never inside whoever set the result.
class callback_node final : public listener, public ready_node, public recycled {
public:
    explicit callback_node(std::function<void()> callback) : callback_(std::move(callback)) {}
    void on_done() noexcept override {
        if (auto* scheduler = this_kernel.scheduler) return scheduler->push(*this);
        run();  // a promise that was kept longer than its loop: there is no later step to run in
    }

private:
    void run() noexcept override {
        const std::unique_ptr<callback_node> self(this);
        try {
            callback_();
        } catch (...) {
            report_lost("exception in a done callback", std::current_exception());
        }
    }
    std::function<void()> callback_;
};

}  // namespace

void shared_state::add_listener(listener& one) noexcept {
    if (first_ == nullptr) {
        first_ = one.previous_ = one.next_ = &one;
        return;
    }
    one.next_ = first_;
    one.previous_ = first_->previous_;
    first_->previous_->next_ = &one;
    first_->previous_ = &one;
}

void shared_state::remove_listener(listener& one) noexcept {
    assert(one.next_ != nullptr);
    if (one.next_ == &one) {
        first_ = nullptr;
    } else {
        one.previous_->next_ = one.next_;
        one.next_->previous_ = one.previous_;
        if (first_ == &one) first_ = one.next_;
    }
    one.previous_ = one.next_ = nullptr;
}

void shared_state::notify() noexcept {
    while (first_ != nullptr) {
        listener& one = *first_;
        remove_listener(one);
        one.on_done();
    }
}

void shared_state::add_callback(std::function<void()> callback) {
    current_scheduler("add_done_callback()");
    auto node = std::make_unique<callback_node>(std::move(callback));
    if (done())
        node.release()->on_done();
    else
        add_listener(*node.release());
}

void report_unretrieved(const char* what, std::string_view name, const std::source_location* where,
                        std::exception_ptr error) noexcept {
    try {
        std::string context = what;
        if (!name.empty()) context.append(" (").append(name).append(")");
        if (where != nullptr && where->line() != 0)
            context.append(", created at ")
                .append(where->file_name())
                .append(":")
                .append(std::to_string(where->line()));
        report_lost(context, error);
    } catch (...) {  // no memory to say it with
    }
}

std::exception_ptr make_broken_promise() {
    return std::make_exception_ptr(std::future_error(std::future_errc::broken_promise));
}
void throw_no_state() {
    throw std::logic_error("a future or promise without a state: it was moved from");
}
void throw_awaits_itself() {
    throw std::logic_error("a task awaits its own future: it would wait for ever");
}

}  // namespace skein::detail
