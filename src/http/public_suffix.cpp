// Owns the use of libpsl, with the list that is built into it.
#include "http/public_suffix.hpp"

#include "skein_features.hpp"

#if SKEIN_HAVE_PSL
#include <libpsl.h>

#include <string>
#endif

namespace skein::http {

#if SKEIN_HAVE_PSL

namespace {

std::string without_dot(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    return std::string(domain);
}

}  // namespace

bool has_public_suffix_list() noexcept {
    return psl_builtin() != nullptr;
}

bool is_public_suffix(std::string_view domain) {
    const psl_ctx_t* list = psl_builtin();
    return list != nullptr && psl_is_public_suffix(list, without_dot(domain).c_str()) != 0;
}

bool spans_public_suffix(std::string_view domain, std::string_view host) {
    const psl_ctx_t* list = psl_builtin();
    return list != nullptr &&
           psl_is_cookie_domain_acceptable(list, without_dot(host).c_str(), without_dot(domain).c_str()) == 0;
}

#else

bool has_public_suffix_list() noexcept {
    return false;
}

bool is_public_suffix(std::string_view) {
    return false;
}

bool spans_public_suffix(std::string_view, std::string_view) {
    return false;
}

#endif

}  // namespace skein::http
