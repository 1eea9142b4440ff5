// Owns what the operations on many tasks at once mean in skein.
#include "interpreter.hpp"

#include <skein/as_completed.hpp>
#include <skein/first.hpp>
#include <skein/gather.hpp>

#include <algorithm>

namespace programs {

namespace {

std::size_t limit_of(int number) {
    return number == 0 ? skein::no_limit : static_cast<std::size_t>(number);
}

std::string text_of(skein::outcome<int>& one) {
    return one ? std::to_string(one.value()) : describe(one.error());
}

}  // namespace

std::vector<skein::task<int>> interpreter::roots_of_jobs(std::span<const body> bodies, std::size_t limit,
                                                         place at) {
    std::vector<skein::task<int>> all;
    for (const auto& each : bodies) {
        at.job = each.id;
        watch_.create(each.id, all.size() < limit);
        all.push_back(run(each, at));
    }
    return all;
}

skein::task<std::string> interpreter::perform_many(const operation& one, place at) {
    const closing close(watch_, one);
    const std::size_t limit = limit_of(one.number);
    auto tasks = roots_of_jobs(one.bodies, limit, at);
    std::string said;
    if (one.what == kind::gather) {
        const auto values = co_await skein::gather(std::move(tasks), limit);
        for (const int value : values) said.append(std::to_string(value)).append(" ");
    } else {
        auto outcomes = co_await skein::settle(std::move(tasks), limit);
        for (auto& each : outcomes) said.append(text_of(each)).append(" ");
    }
    std::string expected;
    for (const auto& each : one.bodies) expected.append(watch_.result(each.id)).append(" ");
    if (said != expected) watch_.fail(one.bodies[0].id, "gave " + said + "instead of " + expected);
    said.pop_back();
    co_return said;
}

skein::task<std::string> interpreter::perform_first(const operation& one, place at) {
    const closing close(watch_, one);
    auto tasks = roots_of_jobs(one.bodies, skein::no_limit, at);
    co_return std::to_string(co_await skein::first(std::move(tasks)));
}

skein::task<std::string> interpreter::perform_as_completed(const operation& one, place at) {
    const closing close(watch_, one);
    const std::size_t count = one.bodies.size() / 2;
    const std::span<const body> bodies(one.bodies.data(), count);
    const std::size_t limit = limit_of(one.number % 4);
    const auto most = static_cast<std::size_t>(one.number / 4);
    std::size_t handed = 0;
    std::string said;
    const auto each = [&](skein::outcome<int> came) -> skein::task<bool> {
        const body& with = one.bodies.at(count + handed);
        watch_.check_completed(bodies, handed++, limit, text_of(came));
        said.append(text_of(came)).append(" ");
        check_value(co_await run(with, at), with.id);
        if (skein::detail::this_kernel.job->cancel_requested()) watch_.differ("cancelled-for-good");
        co_return handed != most;
    };
    auto tasks = roots_of_jobs(bodies, limit, at);
    co_await skein::as_completed(std::move(tasks), limit, each);
    if (handed != (most == 0 ? count : most))
        watch_.fail(one.bodies[0].id, "not all outcomes were handed over");
    said.pop_back();
    co_return said;
}

}  // namespace programs
