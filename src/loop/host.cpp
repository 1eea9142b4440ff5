// Owns the list of resources that are told when a loop ends, and which host a thread has.
#include "loop/host.hpp"

#include <stdexcept>
#include <string>

namespace skein::loop {

namespace {
constinit thread_local host* this_host = nullptr;
}

resource::~resource() {
    if (host_ != nullptr) host_->unbind(*this);
}

host::host(detail::scheduler::now_function read_now) : scheduler_(read_now) {
    this_host = this;
}

host::~host() {
    this_host = nullptr;
}

host& host::current(const char* what) {
    if (this_host != nullptr) return *this_host;
    detail::throw_no_loop(what);
}

void host::bind(resource& one, const char* what) {
    if (one.host_ == this) return;
    if (one.host_ != nullptr)
        throw std::logic_error(std::string(what) + " belongs to another loop, in another thread");
    one.host_ = this;
    one.previous_ = nullptr;
    one.next_ = first_resource_;
    if (first_resource_ != nullptr) first_resource_->previous_ = &one;
    first_resource_ = &one;
}

void host::unbind(resource& one) noexcept {
    (one.previous_ != nullptr ? one.previous_->next_ : first_resource_) = one.next_;
    if (one.next_ != nullptr) one.next_->previous_ = one.previous_;
    one.host_ = nullptr;
    one.previous_ = one.next_ = nullptr;
}

void host::end_resources() noexcept {
    while (first_resource_ != nullptr) {
        resource& one = *first_resource_;
        unbind(one);
        one.on_loop_end();
    }
}

}  // namespace skein::loop
