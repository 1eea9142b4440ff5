// The cold ends of result.hpp: what cancellation looks like to the ABI, and what a result throws.
#include <skein/detail/result.hpp>

#include <cxxabi.h>

#include <stdexcept>
#include <typeinfo>

namespace skein::detail {

bool caught_cancellation() noexcept {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr && *type == typeid(cancelled_error);
}

void throw_result_taken() {
    throw std::logic_error("the result was taken before, and cannot be copied");
}
void throw_result_pending() {
    throw std::logic_error("there is no result yet");
}

}  // namespace skein::detail
