// random_programs: plays programs, and says which of them broke a promise of the kernel.
//
//   random_programs [FIRST [COUNT]]   COUNT programs, seeds from FIRST on; the smallest form of each that
//   fails.
//                                     From the environment: SKEIN_RANDOM_FIRST, SKEIN_RANDOM_COUNT
//   random_programs --play            programs as JSON, one a line, from standard input; what happened, as
//                                     JSON, one a line, to standard output
#include "generate.hpp"
#include "interpreter.hpp"
#include "program.hpp"
#include "shrink.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

constexpr std::uint64_t batch = 500;  // programs in one process: see shrink.hpp

std::uint64_t number(const char* argument, const char* variable, std::uint64_t otherwise) {
    const char* text = argument != nullptr ? argument : std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

int play_from_input() {
    for (std::string line; std::getline(std::cin, line);) {
        const auto done = programs::play(programs::from_json(nlohmann::json::parse(line)));
        nlohmann::json out = {{"failures", done.failures}, {"differences", done.differences}};
        auto& log = out["log"] = nlohmann::json::array();
        for (const auto& one : done.log) log.push_back({one.ns, one.body, one.what, one.job});
        std::cout << out.dump() << '\n';
        if (done.stuck) break;
    }
    return 0;
}

void show(std::uint64_t seed, programs::generated failing) {
    std::cout << "FAILED: seed " << seed << " (" << size_of(failing.program) << " operations)\n";
    programs::shrink(failing);
    std::cout << "the smallest form that fails:\n" << to_json(failing.program).dump() << '\n';
    for (const auto& what : programs::failures_of(failing)) std::cout << "    " << what << '\n';
    std::cout << std::flush;
}

int play_at_random(std::uint64_t first, std::uint64_t count) {
    programs::totals sum;
    int failed = 0;
    for (std::uint64_t from = first; from < first + count && failed < 5; from += batch) {
        const auto to = std::min(from + batch, first + count);
        if (programs::play_range(from, to, sum)) continue;
        for (auto seed = from; seed < to && failed < 5; ++seed) {
            auto one = programs::generate(seed);
            if (programs::failures_of(one).empty()) continue;
            ++failed;
            show(seed, std::move(one));
        }
    }
    std::printf(
        "seeds %llu to %llu: %llu programs, %llu operations, %llu events, %llu tasks cancelled; %d failed\n",
        static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + count - 1),
        static_cast<unsigned long long>(sum.programs), static_cast<unsigned long long>(sum.operations),
        static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.cancelled), failed);
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    if (argc == 2 && argv[1] == std::string("--play")) return play_from_input();
    const auto first = number(argc > 1 ? argv[1] : nullptr, "SKEIN_RANDOM_FIRST", 1);
    const auto count = number(argc > 2 ? argv[2] : nullptr, "SKEIN_RANDOM_COUNT", 50000);
    return play_at_random(first, count);
}
