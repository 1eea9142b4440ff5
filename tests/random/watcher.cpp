// Owns what must hold, whatever the program.
#include "watcher.hpp"

#include "stage.hpp"

#include <skein/cancelled_error.hpp>
#include <skein/error.hpp>

#include <algorithm>
#include <future>

namespace programs {

namespace {

/// Whether a job that was cancelled before must throw in it. Not where it is what is inside that must.
bool is_wait(kind what) {
    switch (what) {
        case kind::fail:
        case kind::call:
        case kind::try_errors:
        case kind::try_cancelled:
        case kind::spawn:
        case kind::group_spawn:
        case kind::cancel:
        case kind::reschedule:
        case kind::shield:
        case kind::cleanup:
        case kind::set_promise:
        case kind::break_promise:
        case kind::cancel_promise:
        case kind::set_event:
        case kind::clear_event:
            return false;
        default:
            return true;
    }
}

bool has_time_limit(kind what) {
    return what == kind::wait_for || what == kind::wait_for_task || what == kind::timeout;
}

std::string describe_group(const skein::exception_group& group) {
    std::vector<std::string> all;
    for (const auto& one : group.exceptions()) all.push_back(describe(one));
    std::sort(all.begin(), all.end());
    std::string text = "group [";
    for (const auto& one : all) text.append(text.back() == '[' ? "" : ", ").append(one);
    return text + "]";
}

bool job_is_cancelled() {
    return skein::detail::this_kernel.job->cancel_requested();
}

}  // namespace

std::string describe(const std::exception_ptr& error) {
    if (!error) return "value";
    try {
        std::rethrow_exception(error);
    } catch (const skein::cancelled_error&) {
        return "cancelled";
    } catch (const skein::timeout_error&) {
        return "timeout";
    } catch (const skein::exception_group& group) {
        return describe_group(group);
    } catch (const std::future_error&) {
        return "broken promise";
    } catch (const std::logic_error&) {
        return "misuse";
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

watcher::watcher(const body& program) : shields_(has(program, kind::shield) || has(program, kind::cleanup)) {
    add_bodies(program);
}

void watcher::add_bodies(const body& one) {
    if (!bodies_.try_emplace(one.id).second) throw std::invalid_argument("two bodies have the same id");
    for (const auto& each : one.operations)
        for (const auto& inner : each.bodies) add_bodies(inner);
}

void watcher::fail(int id, const std::string& what) {
    report_.failures.push_back("at " + std::to_string(stage::now()) + " ns, body " + std::to_string(id) +
                               ": " + what);
}

void watcher::say(int id, std::string what) {
    ++happened_;
    report_.log.push_back({stage::now(), id, std::move(what), bodies_.at(id).job});
}

// ---- bodies

void watcher::create(int id, bool queued) {
    auto& record = bodies_.at(id);
    record.is_job = true;
    if (queued) record.turn = ++pushed_;
}

void watcher::begin(int id, int job) {
    auto& record = bodies_.at(id);
    record.job = job;
    if (record.begun) fail(id, "began twice");
    if (record.closed) fail(id, "began after its scope had returned");
    record.begun = true;
    record.outcome.clear();
    if (record.is_job) check_turn(id, record.turn);
    say(id, "begins");
}

void watcher::end(int id, const std::exception_ptr& error) {
    auto& record = bodies_.at(id);
    if (record.ended) fail(id, "ended twice");
    if (record.closed) fail(id, "ended after its scope had returned");
    record.ended = true;
    record.end_order = ++ended_;
    record.ended_ns = stage::now();
    record.outcome = describe(error);
    record.failed = error && !(record.outcome == "cancelled" && job_is_cancelled());
    if (record.is_job && !error && job_is_cancelled() && !record.saw_cancel) differ("result-before-cancel");
    if (!shields_ && record.cancelled_ns >= 0 && record.cancelled_ns != stage::now())
        fail(id, "was cancelled, and ended later");
    push_all(record.waiting);
    say(id, "ends: " + record.outcome);
}

void watcher::close(int id) {
    auto& record = bodies_.at(id);
    if (record.begun && !record.ended) fail(id, "runs on after its scope has returned");
    record.closed = true;
}

void watcher::cancel(int id) {
    auto& record = bodies_.at(id);
    if (record.cancelled_ns < 0) record.cancelled_ns = stage::now();
}

// ---- operations

watcher::step watcher::start(const operation& one, int body, int job) {
    ++report_.operations;
    ++happened_;
    step begun{one, body, job, job_is_cancelled(), stage::now()};
    if (has_time_limit(one.what)) begun.deadline_ns = begun.began_ns + one.ns;
    return begun;
}

void watcher::finish(const step& one, const std::exception_ptr& error, const std::string& said) {
    ++happened_;
    const std::string outcome = error ? describe(error) : said;
    if (outcome == "cancelled" && job_is_cancelled()) bodies_.at(one.job).saw_cancel = true;
    if (outcome.empty()) return;
    say(one.body, std::string(name_of(one.what.what)) + ": " + outcome);
    if (outcome == "none") return;
    check_cancelled(one, outcome);
    if (one.what.what == kind::gather && error) check_gather(one);
    if (one.what.what == kind::first) check_first(one, outcome);
    check_time(one, outcome);
    if (outcome == "cancelled") return;
    if (one.what.what == kind::sleep && one.what.ns > 0) return;
    check_turn(one.body, one.turn);
}

void watcher::check_cancelled(const step& one, const std::string& outcome) {
    if (one.what.what == kind::shield && job_is_cancelled()) differ("shield-of-a-task");
    if (!is_wait(one.what.what)) {
        if (!one.stopped && job_is_cancelled() && outcome != "cancelled") differ("result-before-cancel");
        return;
    }
    if (!one.stopped) {
        if (job_is_cancelled() && outcome != "cancelled") differ("result-before-cancel");
        return;
    }
    differ("cancelled-for-good");
    if (outcome != "cancelled") fail(one.body, "waits though cancelled: " + outcome);
    if (stage::now() != one.began_ns) fail(one.body, "waited though cancelled");
    for (const auto& child : one.what.bodies)
        if (bodies_.at(child.id).begun) fail(child.id, "began though its owner was cancelled");
}

void watcher::check_gather(const step& one) {
    // asyncio's gather has its result at the first failure: of an error, or of a child that ends cancelled.
    const body_record* first = nullptr;
    for (const auto& child : one.what.bodies) {
        const auto& record = bodies_.at(child.id);
        if (!record.ended || record.outcome == "value") continue;
        if (first == nullptr || record.end_order < first->end_order) first = &record;
    }
    if (first == nullptr) return;
    for (const auto& child : one.what.bodies) {
        const auto& record = bodies_.at(child.id);
        const bool stopped = first->failed && (!record.ended || record.end_order > first->end_order);
        if (stopped || record.ended_ns > first->ended_ns) differ("gather-waits");
    }
}

std::vector<int> watcher::in_order_of_ending(std::span<const body> of) const {
    std::vector<int> ids;
    for (const auto& one : of)
        if (has_ended(one.id)) ids.push_back(one.id);
    const auto place = [&](int id) { return bodies_.at(id).end_order; };
    std::sort(ids.begin(), ids.end(), [&](int a, int b) { return place(a) < place(b); });
    return ids;
}

void watcher::check_first(const step& one, const std::string& outcome) {
    if (job_is_cancelled()) return;  // all were told to end
    const auto ended = in_order_of_ending(one.what.bodies);
    if (ended.empty())
        fail(one.body, "has the result of nobody");
    else if (outcome != result(ended.front()))
        fail(one.body, "gave " + outcome + " instead of " + result(ended.front()));
}

void watcher::check_completed(std::span<const body> of, std::size_t others, std::size_t limit,
                              const std::string& what) {
    const auto ended = in_order_of_ending(of);
    const int owner = of.front().id;
    if (others >= ended.size())
        fail(owner, "one was handed over that has not ended");
    else if (what != result(ended[others]))
        fail(owner, "gave " + what + " instead of " + result(ended[others]));
    const auto begun =
        std::count_if(of.begin(), of.end(), [&](const body& one) { return bodies_.at(one.id).begun; });
    if (static_cast<std::size_t>(begun) > std::min(limit, of.size()) + others) fail(owner, "too many began");
}

void watcher::check_time(const step& one, const std::string& outcome) {
    const std::int64_t now = stage::now();
    if (one.what.what == kind::sleep && outcome == "done") {
        const auto due = one.began_ns + one.what.ns;
        if (now != due)
            fail(one.body, "slept until " + std::to_string(now) + " instead of " + std::to_string(due));
        if (one.what.ns == 0) return;
        const std::pair self(due, one.turn);
        if (self < last_sleep_) fail(one.body, "woke before one that was to wake earlier");
        last_sleep_ = self;
    }
    if (shields_ || one.deadline_ns < 0) return;
    if (now > one.deadline_ns) fail(one.body, "took longer than its time limit");
    const bool child_timed_out = !one.what.bodies.empty() && outcome == this->outcome(one.what.bodies[0].id);
    if (outcome == "timeout" && one.what.what != kind::wait_for_task && !child_timed_out &&
        now != one.deadline_ns)
        fail(one.body, "timed out too early");
}

// ---- the order of wake-ups

void watcher::push_all(std::vector<step*>& waiting) {
    for (auto* one : std::exchange(waiting, {})) push(*one);
}

void watcher::leave(step& one) {
    const auto leave = [&](std::vector<step*>& waiting) { std::erase(waiting, &one); };
    switch (one.what.what) {
        case kind::await_promise:
            return leave(promises_[one.what.number]);
        case kind::wait_event:
            return leave(events_[one.what.number]);
        case kind::await_task:
        case kind::await_shielded:
            return leave(bodies_.at(one.what.number).waiting);
        default:
            return leave(lines_[key_of(one)]);
    }
}

void watcher::arrive(step& one) {
    one.arrived = happened_;
    lines_[key_of(one)].push_back(&one);
}

void watcher::serve(step& one) {
    auto& line = lines_[key_of(one)];
    // If nothing has happened, it did not have to wait; who came before it may be served already, and not
    // know.
    if (happened_ != one.arrived && line.front() != &one)
        fail(one.body, "was served before one that came earlier");
    std::erase(line, &one);
}

void watcher::enter(const step& one, int most) {
    if (++inside_[key_of(one)] > most) fail(one.body, "is inside with too many others");
}

void watcher::check_turn(int id, std::uint64_t turn) {
    if (turn == 0) return;
    if (turn < last_turn_) fail(id, "was overtaken by one that woke later");
    last_turn_ = std::max(last_turn_, turn);
}

report watcher::take_report() {
    if (frames_ != 0) fail(0, std::to_string(frames_) + " frames are left");
    for (const auto& [id, record] : bodies_)
        if (record.begun && !record.ended) fail(id, "never ended");
    return std::move(report_);
}

}  // namespace programs
