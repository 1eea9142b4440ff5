// Owns the turns of a simulation: time that jumps, the order of what is ready, and the end of everything.
#include "testing/core.hpp"

#include <skein/dump_tasks.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

namespace skein::testing {

namespace {

constexpr clock::duration epoch = std::chrono::hours(1);
// Any date does, as long as it is the same in every run: 2030-01-01.
constexpr auto first_date = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);

constinit thread_local simulation_core* this_simulation = nullptr;
constinit thread_local clock::time_point virtual_now{};

clock::time_point read_virtual_clock() noexcept {
    return virtual_now;
}
detail::scheduler::now_function begin_clock() noexcept {
    if (this_simulation == nullptr) virtual_now = clock::time_point(epoch);
    return read_virtual_clock;
}

}  // namespace

simulation_core::simulation_core(simulation_options options)
    : host(begin_clock()),
      options_(std::move(options)),
      random_(options_.seed.value_or(0)),
      unguessable_(~options_.seed.value_or(0)),
      network_(random_.next()) {
    if (options_.exception_handler) scheduler_.set_exception_handler(options_.exception_handler);
    this_simulation = this;
}

simulation_core::~simulation_core() {
    this_simulation = nullptr;
}

simulation_core& simulation_core::current(const char* what) {
    if (this_simulation != nullptr) return *this_simulation;
    throw std::logic_error(std::string(what) + " needs a simulation: call it inside skein::testing::run()");
}

clock::duration simulation_core::elapsed() noexcept {
    return virtual_now.time_since_epoch() - epoch;
}

std::chrono::system_clock::time_point simulation_core::wall_time() const noexcept {
    return first_date + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed());
}

// There is one thread: what blocks runs in it, when its turn comes.
struct blocking_turn final : detail::ready_node, detail::recycled {
    explicit blocking_turn(loop::blocking_call& one) noexcept : what(one) {}
    void run() noexcept override {
        const std::unique_ptr<blocking_turn> self(this);
        what.of_host = nullptr;
        if (!cancelled) what.call();
        what.on_over(!cancelled);
    }
    loop::blocking_call& what;
    bool cancelled = false;
};

void simulation_core::begin(loop::blocking_call& one) {
    auto* const turn = new blocking_turn(one);
    one.of_host = turn;
    scheduler_.push(*turn);
}

void simulation_core::cancel(loop::blocking_call& one) noexcept {
    static_cast<blocking_turn*>(one.of_host)->cancelled = true;
}

void simulation_core::chance::fill(std::span<std::byte> out) {
    for (auto& one : out) one = static_cast<std::byte>(numbers_.next());
}

void simulation_core::stall(clock::duration how_long) noexcept {
    virtual_now += how_long;
}

// ---- turns

bool simulation_core::turn() noexcept {
    scheduler_.begin_turn();
    for (int steps = 0; steps < detail::scheduler::steps_per_turn; ++steps) {
        if (scheduler_.ready().empty()) return false;
        step();
    }
    return !scheduler_.ready().empty();
}

void simulation_core::step() noexcept {
    ++steps_;
    constexpr std::size_t choices = detail::scheduler::steps_per_turn;
    const std::size_t place = options_.seed ? random_.below(scheduler_.ready().count(choices)) : 0;
    detail::ready_node& node = scheduler_.ready().take(place);
    auto* const job = dynamic_cast<detail::job*>(&node);
    if (job == nullptr) return node.run();
    waiting_.erase(job);
    if (!job->step()) return;
    waiting_.emplace(job, steps_);
    if (on_wait_ && main_scope_.has_children()) on_wait_(*job);
}

template <class Done>
void simulation_core::drive(Done done) {
    while (!done()) {
        const bool more = turn();
        if (ending_ && scheduler_.background().cancel_in_rounds()) continue;
        if (done()) break;
        if (steps_ > last_step_) {
            last_step_ = steps_ + options_.most_steps;
            get_unstuck("more than " + std::to_string(options_.most_steps) + " steps, and no end");
        } else if (!more && scheduler_.deadlines().empty()) {
            get_unstuck("everybody waits for ever");
        } else if (!more && scheduler_.deadlines().next() > virtual_now) {
            virtual_now = scheduler_.deadlines().next();
        }
    }
}

// ---- the end

void simulation_core::get_unstuck(const std::string& why) noexcept {
    ++stuck_;
    if (stuck_ == 1) {
        failure_ = why + ":\n" + dump_tasks();
        if (main_scope_.has_children()) return main_scope_.cancel_children();
        ++stuck_;
    }
    if (stuck_ == 2) {  // behind a shield, say
        std::vector<std::pair<std::uint64_t, detail::job*>> all;
        for (const auto& [job, since] : waiting_) all.emplace_back(since, job);
        std::sort(all.begin(), all.end());
        for (const auto& [since, job] : all) job->cancel();
        return;
    }
    std::fprintf(stderr, "skein: a simulation cannot be ended: %s\n", failure_.c_str());
    std::abort();
}

void simulation_core::run(std::unique_ptr<detail::job> main) {
    failure_.clear();
    stuck_ = 0;
    last_step_ = steps_ + options_.most_steps;
    scheduler_.set_main_scope(&main_scope_);
    main_scope_.start(*main.release());
    drive([&] { return !main_scope_.has_children(); });
    ending_ = true;
    drive([&] { return !scheduler_.background().has_children(); });
    ending_ = false;
    end_resources();
    network_.servers().cancel_children();
    drive([&] { return !network_.servers().has_children() && scheduler_.ready().empty(); });
    if (!failure_.empty()) throw deadlock_error(failure_);
    check_nothing_left();
}

void simulation_core::check_nothing_left() {
    std::string left;
    if (!network_.is_quiet())
        left +=
            " connections, " + std::to_string(network_.open_connections()) + " of them open at the client;";
    if (!scheduler_.deadlines().empty()) left += " a time limit;";
    if (!waiting_.empty()) left += "\n" + dump_tasks();
    if (!left.empty()) throw std::logic_error("a simulation left behind:" + left);
}

}  // namespace skein::testing
