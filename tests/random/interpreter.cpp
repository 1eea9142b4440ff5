// Owns what each operation of a program means in skein.
#include "interpreter.hpp"

#include "stage.hpp"

#include <skein/shield.hpp>
#include <skein/sleep.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>

namespace programs {

namespace {

using std::chrono::nanoseconds;

}  // namespace

// ---- bodies

skein::task<int> interpreter::run_body(const body& one, place at, frame_count) {
    watch_.begin(one.id, at.job);
    std::exception_ptr error;
    try {
        for (const auto& each : one.operations) co_await step(each, one, at);
    } catch (...) {
        error = std::current_exception();
    }
    watch_.end(one.id, error);
    if (error) std::rethrow_exception(error);
    co_return one.id;
}

skein::task<int> interpreter::root_of_job(const body& one, place at) {
    at.job = one.id;
    watch_.create(one.id);
    return run(one, at);
}

skein::task<> interpreter::step(const operation& one, const body& in, place at) {
    auto now = watch_.start(one, in.id, at.job);
    std::exception_ptr error;
    std::string said;
    try {
        said = co_await perform(now, at);
    } catch (...) {
        error = std::current_exception();
    }
    watch_.finish(now, error, said);
    if (error) std::rethrow_exception(error);
}

// ---- operations

skein::task<std::string> interpreter::perform(watcher::step& now, place at) {
    switch (now.what.what) {
        case kind::try_errors:
        case kind::try_cancelled:
            return perform_try(now.what, at);
        case kind::gather:
        case kind::settle:
            return perform_many(now.what, at);
        case kind::first:
            return perform_first(now.what, at);
        case kind::as_completed:
            return perform_as_completed(now.what, at);
        case kind::wait_for:
        case kind::timeout:
        case kind::shield:
        case kind::cleanup:
        case kind::group:
            return perform_scope(now, at);
        case kind::await_task:
        case kind::await_shielded:
        case kind::wait_for_task:
        case kind::cancel:
            return perform_handle(now);
        case kind::await_promise:
        case kind::set_promise:
        case kind::break_promise:
        case kind::cancel_promise:
            return perform_promise(now);
        default:
            return now.what.what >= kind::wait_event ? perform_sync(now, at) : perform_simple(now, at);
    }
}

skein::task<std::string> interpreter::perform_simple(watcher::step& now, place at) {
    const operation& one = now.what;
    switch (one.what) {
        case kind::sleep:
            one.ns > 0 ? watch_.sleep(now) : watch_.push(now);
            co_await skein::sleep(nanoseconds(one.ns));
            co_return "done";
        case kind::yield:
            watch_.push(now);
            co_await skein::yield();
            co_return "done";
        case kind::fail:
            throw test_error(one.number);
        case kind::call:
            check_value(co_await run(one.bodies[0], at), one.bodies[0].id);
            break;
        case kind::spawn:
            co_return spawn(one, at);
        case kind::group_spawn:
            co_return group_spawn(one, at);
        case kind::reschedule:
            if (at.timeout == nullptr || at.timeout->expired()) co_return "none";
            at.timeout->reschedule(skein::detail::this_kernel.scheduler->now() + nanoseconds(one.ns));
            at.timeout_step->deadline_ns = stage::now() + one.ns;
            co_return "done";
        default:
            break;
    }
    co_return "";
}

std::string interpreter::spawn(const operation& one, place at) {
    const body& what = one.bodies[0];
    handles_.emplace(what.id, skein::create_task(root_of_job(what, at.outside())));
    return "done";
}

std::string interpreter::group_spawn(const operation& one, place at) {
    const body& what = one.bodies[0];
    if (at.group == nullptr) return "none";
    at.timeout = nullptr;
    if (at.group_owner->cancel_requested()) watch_.differ("group-that-is-cancelled");
    at.job = what.id;
    auto handle = at.group->create_task(run(what, at));
    watch_.create(what.id);  // only now: create_task() may throw
    handles_.emplace(what.id, std::move(handle));
    at.group_members->push_back(what.id);
    return "done";
}

skein::task<std::string> interpreter::perform_try(const operation& one, place at) {
    bool caught = false;
    try {
        check_value(co_await run(one.bodies[0], at), one.bodies[0].id);
    } catch (const std::exception&) {
        if (one.what != kind::try_errors) throw;
        caught = true;
    } catch (const skein::cancelled_error&) {
        if (one.what != kind::try_cancelled) throw;
        caught = true;
    }
    if (caught) check_value(co_await run(one.bodies[1], at), one.bodies[1].id);
    co_return caught ? "caught" : "";
}

skein::task<std::string> interpreter::perform_scope(watcher::step& now, place at) {
    const operation& one = now.what;
    const body& first = one.bodies[0];
    int value = 0;
    const closing close(watch_, one);
    switch (one.what) {
        case kind::wait_for:
            value = co_await skein::wait_for(root_of_job(first, at), nanoseconds(one.ns));
            break;
        case kind::timeout:
            value = co_await perform_timeout(now, at);
            break;
        case kind::shield:
            value = co_await skein::shield(root_of_job(first, at));
            break;
        case kind::cleanup: {
            const auto body = [&] { return run(first, at); };
            const auto cleanup = [&] { return root_of_job(one.bodies[1], at); };
            value = co_await skein::with_cleanup(body, cleanup);
            break;
        }
        default:
            value = co_await perform_group(one, at);
    }
    check_value(value, first.id);
    co_return "value";
}

skein::task<int> interpreter::perform_timeout(watcher::step& now, place at) {
    const body& inside = now.what.bodies[0];
    const auto run_inside = [&](skein::timeout_scope& scope) {
        place deeper = at;
        deeper.timeout = &scope;
        deeper.timeout_step = &now;
        return root_of_job(inside, deeper);
    };
    co_return co_await skein::with_timeout(nanoseconds(now.what.ns), run_inside);
}

skein::task<int> interpreter::perform_group(const operation& one, place at) {
    std::vector<int> members;
    const closing close(watch_, one, &members);
    const body& inside = one.bodies[0];
    const auto* const owner = skein::detail::this_kernel.job;
    watch_.create(inside.id);
    const auto run_inside = [&](skein::task_group& group) {
        place deeper = at.outside();
        deeper.job = inside.id;
        deeper.group = &group;
        deeper.group_owner = owner;
        deeper.group_members = &members;
        return run(inside, deeper);
    };
    co_return co_await skein::with_task_group(run_inside);
}

skein::task<std::string> interpreter::perform_handle(watcher::step& now) {
    const operation& one = now.what;
    const auto at = handles_.find(one.number);
    if (at == handles_.end()) co_return "none";
    skein::future<int> handle = at->second;
    switch (one.what) {
        case kind::cancel: {
            const bool done = handle.done();
            if (!done) watch_.cancel(one.number);
            if (handle.cancel() == done) watch_.fail(now.body, "cancel() says the opposite of done()");
            co_return done ? "false" : "true";
        }
        case kind::await_task:
        case kind::await_shielded: {
            const waiting until_left(watch_, now);
            if (!handle.done()) watch_.await_task(now, one.number);
            if (one.what == kind::await_task)
                check_value(co_await handle, one.number);
            else
                check_value(co_await skein::shield(handle), one.number);
            break;
        }
        default:
            check_value(co_await skein::wait_for(std::move(handle), nanoseconds(one.ns)), one.number);
    }
    co_return "value";
}

skein::task<std::string> interpreter::perform_promise(watcher::step& now) {
    const int number = now.what.number;
    auto& promise = promises_[number];
    bool set = false;
    switch (now.what.what) {
        case kind::await_promise: {
            const auto future = promise.get_future();
            const waiting until_left(watch_, now);
            if (!future.done()) watch_.await_promise(now, number);
            check_value(co_await future, number);
            co_return "value";
        }
        case kind::set_promise:
            set = promise.set_value(number);
            break;
        case kind::break_promise:
            set = promise.set_exception(std::make_exception_ptr(test_error(number)));
            break;
        default:
            co_return promise.get_future().cancel() ? "true" : "false";
    }
    if (set) watch_.wake_promise(number);
    co_return set ? "true" : "false";
}

// ---- the whole

skein::task<> interpreter::play(std::int64_t limit_ns) {
    place at;
    at.job = program_.id;
    watch_.create(program_.id);
    try {
        co_await skein::wait_for(run(program_, at), nanoseconds(limit_ns));
    } catch (...) {  // as the log says
    }
}

void interpreter::check_handles() {
    for (auto& [id, handle] : handles_) {
        if (!handle.done()) {
            watch_.fail(id, "is not done at the end");
            continue;
        }
        const auto said = describe(handle.exception());
        if (said != watch_.outcome(id)) watch_.fail(id, "has the result: " + said);
    }
    for (const auto& what : places_.find_losses()) watch_.fail(0, what);
}

report play(const body& program) {
    constexpr std::int64_t far_ns = std::int64_t{1} << 61;
    watcher watch(program);
    auto here = std::make_unique<stage>();
    auto inside = std::make_unique<interpreter>(program, watch);
    if (!here->run(inside->play(far_ns))) {
        // Tasks are left whose frames refer to these.
        (void)here.release();
        (void)inside.release();
        watch.fail(0, "somebody waits for ever, though cancelled");
        report stuck = watch.take_report();
        stuck.stuck = true;
        return stuck;
    }
    inside->check_handles();
    if (here->deadlines_left()) watch.fail(0, "a deadline is left");
    const bool waited_for_ever = stage::now() >= far_ns;
    inside.reset();
    here.reset();
    report whole = watch.take_report();
    whole.waited_for_ever = waited_for_ever;
    return whole;
}

}  // namespace programs
