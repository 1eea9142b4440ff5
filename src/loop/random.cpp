// Owns which source of chance a thread has.
#include "loop/random.hpp"

#include <uv.h>

#include <system_error>
#include <utility>

namespace skein::loop {

namespace {
constinit thread_local random_source* this_random = nullptr;
}

void fill_random(std::span<std::byte> out) {
    if (this_random != nullptr) return this_random->fill(out);
    const int status = uv_random(nullptr, nullptr, out.data(), out.size(), 0, nullptr);
    if (status != 0) throw std::system_error(-status, std::generic_category(), "no random numbers");
}

random_override::random_override(random_source& instead) noexcept
    : before_(std::exchange(this_random, &instead)) {}

random_override::~random_override() {
    this_random = before_;
}

}  // namespace skein::loop
