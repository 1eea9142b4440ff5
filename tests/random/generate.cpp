// Owns the choice of programs. Short times from a small range, so that things often happen at one moment.
//
// Three programs in four must end. In these a job waits only for tasks with a greater id than that of its own
// root; scopes wait for their children, whose ids are greater too; so there is no circle. And one task, which
// nobody cancels, sets every promise. The fourth may wait for itself in any way.
#include "generate.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace programs {

namespace {

constexpr int promise_count = 3;

class generator {
public:
    explicit generator(std::uint64_t seed) : random_(seed) {}

    generated make() {
        must_end_ = pick(4) != 0;
        shields_ = pick(3) == 0;
        meets_ = pick(2) == 0;
        budget_ = 5 + pick(80);
        body main = make_body({});
        fix_references(main, main.id);
        if (must_end_) main.operations.insert(main.operations.begin(), make_setter());
        return {std::move(main), must_end_};
    }

private:
    struct around {
        int depth = 0;
        bool timeout = false;
        bool group = false;
        bool shield = false;  // nobody can cancel it
        bool locked = false;  // others wait for it

        around deeper() const {
            around inside = *this;
            ++inside.depth;
            return inside;
        }
    };

    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    std::int64_t pick_ns() { return pick(12); }

    body make_body(around at) {
        body one;
        one.id = ++last_id_;
        const int wanted = 1 + pick(at.depth == 0 ? 30 : 7);
        for (int i = 0; i < wanted && budget_ > 0; ++i) {
            --budget_;
            const bool meets = meets_ && !at.shield && !at.locked && at.depth < 5 && pick(3) == 0;
            one.operations.push_back(meets ? make_meeting(at) : make_operation(at));
            if (at.depth == 0 && pick(4) != 0) catch_all(one.operations.back());
        }
        return one;
    }

    // So that the main task goes on after most of what fails.
    void catch_all(operation& one) {
        for (const kind what : {kind::try_errors, kind::try_cancelled}) {
            operation outer{what, 0, 0, {}};
            outer.bodies.resize(2);
            outer.bodies[0].operations.push_back(std::move(one));
            for (auto& each : outer.bodies) each.id = ++last_id_;
            one = std::move(outer);
        }
    }

    // What may be done anywhere, in proportion; then what needs something around it.
    kind pick_kind(around at) {
        if (at.depth >= 5) return pick(2) == 0 ? kind::sleep : kind::yield;
        static constexpr std::array anywhere{
            kind::sleep,         kind::sleep,         kind::sleep,          kind::yield,
            kind::yield,         kind::fail,          kind::call,           kind::try_errors,
            kind::try_cancelled, kind::spawn,         kind::spawn,          kind::spawn,
            kind::await_task,    kind::await_task,    kind::await_shielded, kind::wait_for_task,
            kind::cancel,        kind::cancel,        kind::cancel,         kind::gather,
            kind::settle,        kind::first,         kind::as_completed,   kind::wait_for,
            kind::timeout,       kind::group,         kind::await_promise,  kind::await_promise,
            kind::set_promise,   kind::break_promise, kind::cancel_promise, kind::shield,
            kind::cleanup};
        if (at.timeout && pick(5) == 0) return kind::reschedule;
        if (at.group && pick(3) == 0) return kind::group_spawn;
        const kind what = anywhere.at(static_cast<std::size_t>(pick(static_cast<int>(anywhere.size()))));
        switch (what) {
            case kind::shield:
            case kind::cleanup:
                return shields_ ? what : kind::sleep;
            // Behind a shield only what ends though nobody can cancel it.
            case kind::await_promise:
                return at.shield || at.locked ? kind::yield : what;
            case kind::await_task:
            case kind::await_shielded:
            case kind::wait_for_task:
                return at.locked || (at.shield && !must_end_) ? kind::yield : what;
            default:
                return what;
        }
    }

    operation make_operation(around at) {
        operation one;
        one.what = pick_kind(at);
        around inside = at.deeper();
        switch (one.what) {
            case kind::sleep:
            case kind::reschedule:
                one.ns = pick_ns();
                break;
            case kind::fail:
                one.number = 1 + pick(9);
                break;
            case kind::await_task:
            case kind::await_shielded:
            case kind::cancel:
                one.number = pick(1 << 20);
                break;
            case kind::wait_for_task:
                one.number = pick(1 << 20);
                one.ns = pick_ns();
                break;
            case kind::await_promise:
            case kind::set_promise:
            case kind::break_promise:
            case kind::cancel_promise:
                one.number = 1 + pick(promise_count);
                break;
            case kind::spawn:
            case kind::group_spawn:
                inside = around{inside.depth, false, one.what == kind::group_spawn, at.shield,
                                one.what == kind::group_spawn && at.locked};
                one.bodies.push_back(make_body(inside));
                spawned_.push_back(one.bodies[0].id);
                break;
            case kind::gather:
            case kind::settle:
                one.number = pick(3);
                for (int i = 1 + pick(4); i > 0; --i) one.bodies.push_back(make_body(inside));
                break;
            case kind::first:
                for (int i = 1 + pick(4); i > 0; --i) one.bodies.push_back(make_body(inside));
                break;
            case kind::as_completed: {
                const int count = 1 + pick(4);
                one.number = pick(4) + 4 * (pick(3) == 0 ? pick(count + 1) : 0);
                for (int i = 2 * count; i > 0; --i) one.bodies.push_back(make_body(inside));
                break;
            }
            case kind::group:
                inside = around{inside.depth, false, true, at.shield, at.locked};
                one.bodies.push_back(make_body(inside));
                break;
            case kind::wait_for:
            case kind::timeout:
                one.ns = pick_ns();
                inside.timeout = one.what == kind::timeout;
                one.bodies.push_back(make_body(inside));
                break;
            case kind::shield:
                inside = around{inside.depth, false, false, true, at.locked};
                one.bodies.push_back(make_body(inside));
                break;
            case kind::cleanup:
                one.bodies.push_back(make_body(inside));
                inside = around{inside.depth, false, false, true, at.locked};
                one.bodies.push_back(make_body(inside));
                break;
            case kind::try_errors:
            case kind::try_cancelled:
                one.bodies.push_back(make_body(inside));
                one.bodies.push_back(make_body(inside));
                break;
            case kind::call:
                one.bodies.push_back(make_body(inside));
                break;
            default:
                break;
        }
        return one;
    }

    // An operation on a lock, a queue or the like. One that might wait for ever gets a time limit if the
    // program must end; so does not one that waits for a lock, and who has it then waits for nobody else.
    operation make_meeting(around at) {
        static constexpr std::array kinds{kind::wait_event,
                                          kind::set_event,
                                          kind::clear_event,
                                          kind::with_lock,
                                          kind::with_lock,
                                          kind::with_permit,
                                          kind::with_permit,
                                          kind::with_permit,
                                          kind::wait_condition,
                                          kind::wait_condition,
                                          kind::notify_one,
                                          kind::notify_all,
                                          kind::put,
                                          kind::put,
                                          kind::get,
                                          kind::get,
                                          kind::pass_barrier,
                                          kind::pass_barrier};
        operation one;
        one.what = kinds.at(static_cast<std::size_t>(pick(static_cast<int>(kinds.size()))));
        one.number = 1 + pick(2);
        if (one.what == kind::with_lock || one.what == kind::with_permit) {
            around inside = at.deeper();
            inside.locked = must_end_;
            one.bodies.push_back(make_body(inside));
            return one;
        }
        const bool ends = one.what == kind::set_event || one.what == kind::clear_event ||
                          one.what == kind::notify_one || one.what == kind::notify_all;
        if (ends || !must_end_) return one;
        operation limited{kind::wait_for, 0, 1 + pick_ns(), {}};
        limited.bodies.resize(1);
        limited.bodies[0].id = ++last_id_;
        limited.bodies[0].operations.push_back(std::move(one));
        if (pick(2) == 0) catch_all(limited);
        return limited;
    }

    // Only now it is known which tasks there are. `job` is the body that is the root of the job.
    void fix_references(body& one, int job) {
        for (auto& each : one.operations) {
            const bool waits = each.what == kind::await_task || each.what == kind::await_shielded ||
                               each.what == kind::wait_for_task;
            if (waits || each.what == kind::cancel) fix_reference(each, waits && must_end_ ? job : 0);
            const bool calls = each.what == kind::call || each.what == kind::try_errors ||
                               each.what == kind::try_cancelled || each.what == kind::cleanup ||
                               each.what == kind::with_lock || each.what == kind::with_permit;
            for (std::size_t i = 0; i < each.bodies.size(); ++i) {
                const bool hands_over = each.what == kind::as_completed && i >= each.bodies.size() / 2;
                fix_references(each.bodies[i], calls || hands_over ? job : each.bodies[i].id);
            }
        }
    }
    void fix_reference(operation& one, int greater_than) {
        std::vector<int> may;
        std::copy_if(spawned_.begin(), spawned_.end(), std::back_inserter(may),
                     [&](int id) { return id > greater_than; });
        if (may.empty())
            one = operation{kind::yield, 0, 0, {}};
        else
            one.number = may.at(static_cast<std::size_t>(one.number) % may.size());
    }

    operation make_setter() {
        body setter;
        setter.id = ++last_id_;
        for (int number = 1; number <= promise_count; ++number) {
            setter.operations.push_back({kind::sleep, 0, pick_ns(), {}});
            setter.operations.push_back({kind::set_promise, number, 0, {}});
        }
        operation spawn{kind::spawn, 0, 0, {}};
        spawn.bodies.push_back(std::move(setter));
        return spawn;
    }

    std::mt19937_64 random_;
    bool must_end_ = true;
    bool shields_ = false;
    bool meets_ = false;
    int budget_ = 0;
    int last_id_ = 0;
    std::vector<int> spawned_;
};

}  // namespace

generated generate(std::uint64_t seed) {
    return generator(seed).make();
}

}  // namespace programs
