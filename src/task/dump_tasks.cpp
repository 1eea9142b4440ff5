// Owns the picture of all tasks: a walk along what scopes, jobs, waits and frames know of each other. It
// changes nothing, and does not recurse, so that no depth of tasks or awaits is too much for it.
#include "task/describe.hpp"

#include <skein/dump_tasks.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace skein {

namespace detail {

class task_tree {
public:
    task_tree(const scheduler& of, const std::source_location& caller) : scheduler_(of), caller_(caller) {
        of.ready_.for_each([this](const ready_node& node) { ready_.insert(&node); });
    }

    std::string text() {
        push_children_of(scheduler_.background_, 0);
        if (scheduler_.main_scope_ != nullptr) push_children_of(*scheduler_.main_scope_, 0);
        while (!open_.empty()) {
            const auto [one, depth] = open_.back();
            open_.pop_back();
            add_task(*one, depth);
            if (is_suspended(*one))
                if (const scope* awaited = one->wait_->awaited()) push_children_of(*awaited, depth + 1);
        }
        return std::move(out_);
    }

private:
    struct place {
        const job* one;
        std::size_t depth;
    };

    static constexpr std::size_t deepest_indentation = 30;
    static constexpr std::size_t frames_at_an_end = 16;  // of a chain of awaits that is cut

    // What is pushed last comes first: children are taken from the end.
    void push_children_of(const scope& owner, std::size_t depth) {
        const job_links* const end = &owner.children_;
        for (const auto* child = end->previous_; child != end; child = child->previous_)
            open_.push_back({static_cast<const job*>(child), depth});
    }

    static bool is_running(const job& one) noexcept { return this_kernel.job == &one; }
    bool is_suspended(const job& one) const noexcept {
        return one.wait_ != nullptr && !is_running(one) && !ready_.contains(&one);
    }

    void begin_line(std::size_t depth) { out_.append(4 * std::min(depth, deepest_indentation), ' '); }

    void add_task(const job& one, std::size_t depth) {
        begin_line(depth);
        out_ += "- ";
        if (one.scope_ == scheduler_.main_scope_) out_ += "main ";
        out_ += "task";
        if (const auto name = one.name(); !name.empty()) out_.append(" \"").append(name).append("\"");
        out_ += ", ";
        append_duration(out_, std::chrono::milliseconds(scheduler_.turn_ms() - one.born_ms_));
        out_ += " old, ";
        add_state(one);
        if (one.cancel_requested()) out_ += ", being cancelled";
        out_ += '\n';
        add_frames(one, depth);
        if (const auto where = one.location(); where.line() != 0) add_place("created in ", where, depth);
    }

    void add_state(const job& one) {
        if (is_running(one))
            out_ += "running";
        else if (!one.began_)
            out_ += "not begun";
        else if (is_suspended(one))
            one.wait_->describe(out_);
        else
            out_ += one.at_ ? "ready" : "ending";
    }

    void add_place(std::string_view what, const std::source_location& where, std::size_t depth) {
        begin_line(depth);
        out_.append("    ").append(what);
        append_function(out_, where);
        out_ += '\n';
    }

    void add_frames(const job& one, std::size_t depth) {
        // The frames of the running task are at work: of these only the caller is known.
        if (is_running(one)) return add_place("at ", caller_, depth);
        std::size_t count = 0;
        for (task_handle frame = one.at_; frame; frame = frame.head().parent) ++count;
        std::size_t index = 0;
        for (task_handle frame = one.at_; frame; frame = frame.head().parent, ++index) {
            if (index < frames_at_an_end || count - index <= frames_at_an_end) {
                add_place("at ", frame.head().function, depth);
            } else if (index == frames_at_an_end) {
                begin_line(depth);
                out_.append("    at ").append(std::to_string(count - 2 * frames_at_an_end)).append(" more\n");
            }
        }
    }

    const scheduler& scheduler_;
    const std::source_location caller_;
    std::unordered_set<const ready_node*> ready_;
    std::vector<place> open_;
    std::string out_;
};

}  // namespace detail

std::string dump_tasks(std::source_location caller) {
    const auto* scheduler = detail::this_kernel.scheduler;
    if (scheduler == nullptr) return "no loop runs in this thread\n";
    return detail::task_tree(*scheduler, caller).text();
}

}  // namespace skein
