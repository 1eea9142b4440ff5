// International domain names, by ICU where the build has it. Knows nothing of URLs.
#include "http/host.hpp"

#include "skein_features.hpp"

#if SKEIN_HAVE_ICU
#include "http/icu.hpp"

#include <unicode/uidna.h>

#include <array>
#include <memory>
#endif

namespace skein::http {

#if SKEIN_HAVE_ICU

namespace {

SKEIN_LAZY_LIBRARY(icu, SKEIN_ICU_LIBRARY, "idna", "Host names outside ASCII");
SKEIN_LAZY_FUNCTION(icu, uidna_openUTS46);
SKEIN_LAZY_FUNCTION(icu, uidna_close);
SKEIN_LAZY_FUNCTION(icu, uidna_nameToASCII_UTF8);

struct close_idna {
    void operator()(UIDNA* idna) const noexcept { uidna_close(idna); }
};

// Immutable, so all threads may share it. Null if ICU has no data.
const UIDNA* shared_idna() {
    static const auto idna = [] {
        UErrorCode code = U_ZERO_ERROR;
        constexpr uint32_t options = UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                     UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
        return std::unique_ptr<UIDNA, close_idna>(uidna_openUTS46(options, &code));
    }();
    return idna.get();
}

// Hyphens are not checked, and lengths are the caller's to check.
constexpr uint32_t tolerated = UIDNA_ERROR_HYPHEN_3_4 | UIDNA_ERROR_LEADING_HYPHEN |
                               UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_EMPTY_LABEL |
                               UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG;

}  // namespace

std::string_view append_ascii_domain(std::string& out, std::string_view name) {
    constexpr std::string_view wrong = "has a host that is no valid international domain name";
    if (!icu.is_there()) return "has an international host name, and " SKEIN_ICU_LIBRARY " cannot be loaded";
    const UIDNA* idna = shared_idna();
    if (!idna) return "has an international host name, for which ICU's data is missing";
    std::array<char, 8 * max_unicode_host_bytes> ascii;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode code = U_ZERO_ERROR;
    const int32_t length =
        uidna_nameToASCII_UTF8(idna, name.data(), static_cast<int32_t>(name.size()), ascii.data(),
                               static_cast<int32_t>(ascii.size()), &info, &code);
    if (U_FAILURE(code) || (info.errors & ~tolerated) != 0) return wrong;
    out.append(ascii.data(), static_cast<std::size_t>(length));
    return {};
}

#else

std::string_view append_ascii_domain(std::string&, std::string_view) {
    return "has an international host name, and this build of skein has no support for them (ICU)";
}

#endif

}  // namespace skein::http
