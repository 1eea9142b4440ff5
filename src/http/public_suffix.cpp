// Owns the use of libpsl, with the list that is built into it.
#include "http/public_suffix.hpp"

#include "skein_features.hpp"

#if SKEIN_HAVE_PSL
#include "base/lazy_library.hpp"

#include <libpsl.h>

#include <string>
#endif

namespace skein::http {

#if SKEIN_HAVE_PSL

namespace {

SKEIN_LAZY_LIBRARY(library, "libpsl.so.5", "public-suffixes", "Cookies for all hosts of a domain");
SKEIN_LAZY_FUNCTION(library, psl_builtin);
SKEIN_LAZY_FUNCTION(library, psl_is_public_suffix);
SKEIN_LAZY_FUNCTION(library, psl_is_cookie_domain_acceptable);

// Null: libpsl is missing, or was made without a list.
const psl_ctx_t* builtin_list() noexcept {
    return library.is_there() ? psl_builtin() : nullptr;
}

std::string without_dot(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    return std::string(domain);
}

}  // namespace

bool has_public_suffix_list() noexcept {
    return builtin_list() != nullptr;
}

bool is_public_suffix(std::string_view domain) {
    const psl_ctx_t* list = builtin_list();
    return list != nullptr && psl_is_public_suffix(list, without_dot(domain).c_str()) != 0;
}

bool spans_public_suffix(std::string_view domain, std::string_view host) {
    const psl_ctx_t* list = builtin_list();
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
