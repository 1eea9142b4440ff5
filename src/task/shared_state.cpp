// Owns who is told when a result is there.
#include "task/describe.hpp"

#include <skein/detail/shared_state.hpp>

#include <skein/detail/report.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein::detail {

namespace {

/// A done-callback: runs from the ready queue, never inside whoever set the result.
class callback_node final : public ready_node, public recycled {
public:
    explicit callback_node(std::function<void()> callback)
        : callback_(std::move(callback)), seen_(context::current()) {}

private:
    void run() noexcept override {
        const std::unique_ptr<callback_node> self(this);
        const thread_context values(seen_);
        try {
            callback_();
        } catch (...) {
            report_lost("exception in a done callback", std::current_exception());
        }
    }
    std::function<void()> callback_;
    const context seen_;
};

}  // namespace

void shared_state::call_back_without_loop() noexcept {
    // A promise that was kept longer than its loop: callbacks are all there is, and no later step to run in.
    while (!waiting_.empty()) waiting_.pop().run();
}

void shared_state::add_callback(std::function<void()> callback, bool done) {
    auto& scheduler = current_scheduler("add_done_callback()");
    auto* node = new callback_node(std::move(callback));
    if (done)
        scheduler.push(*node);
    else
        waiting_.add(*node);
}

void report_unretrieved(const char* what, std::string_view name, std::source_location where,
                        std::exception_ptr error) noexcept {
    try {
        std::string context = what;
        if (!name.empty()) context.append(" (").append(name).append(")");
        if (where.line() != 0)
            context.append(", created at ")
                .append(where.file_name())
                .append(":")
                .append(std::to_string(where.line()));
        report_lost(context, error);
    } catch (...) {  // no memory to say it with
    }
}

void describe_promise(std::string& out) {
    out += "awaiting a promise";
}
void describe_future_of(const job& of, std::string& out) {
    out += "awaiting the future of ";
    describe_job(of, out);
}

std::exception_ptr make_broken_promise() {
    return std::make_exception_ptr(std::future_error(std::future_errc::broken_promise));
}
void report_broken_elsewhere() noexcept {
    report_lost("a promise was dropped outside the thread of its loop: who awaits it waits for ever",
                make_broken_promise());
}
void throw_wrong_thread(const char* what) {
    throw std::logic_error(std::string(what) +
                           " outside the thread of its loop: post() it there, through a remote");
}
void throw_no_state() {
    throw std::logic_error("a future or promise without a state: it was moved from");
}
void throw_awaits_itself() {
    throw std::logic_error("a task awaits its own future: it would wait for ever");
}

}  // namespace skein::detail
