// Owns the names of codings, and which of them this build has.
#include "http/content_coding.hpp"

#include "http/field_grammar.hpp"
#include "skein_features.hpp"

#include <stdexcept>
#include <string>

namespace skein {

std::string_view to_string(content_coding coding) noexcept {
    switch (coding) {
        case content_coding::gzip:
            return "gzip";
        case content_coding::deflate:
            return "deflate";
        case content_coding::br:
            return "br";
        case content_coding::zstd:
            return "zstd";
    }
    return "unknown";
}

bool is_supported(content_coding coding) noexcept {
    return http::why_unavailable(coding, http::coding_use::decoding).empty() &&
           http::why_unavailable(coding, http::coding_use::encoding).empty();
}

}  // namespace skein

namespace skein::http {

namespace {
bool is_in_this_build(content_coding coding) noexcept {
    switch (coding) {
        case content_coding::gzip:
        case content_coding::deflate:
            return true;
        case content_coding::br:
            return SKEIN_HAVE_BROTLI != 0;
        case content_coding::zstd:
            return SKEIN_HAVE_ZSTD != 0;
    }
    return false;
}
}  // namespace

std::optional<content_coding> find_coding(std::string_view name) noexcept {
    if (equals_ignoring_case(name, "x-gzip")) return content_coding::gzip;
    for (const auto coding :
         {content_coding::gzip, content_coding::deflate, content_coding::br, content_coding::zstd})
        if (equals_ignoring_case(name, to_string(coding)) && is_in_this_build(coding)) return coding;
    return std::nullopt;
}

std::string_view accept_encoding() noexcept {
    return SKEIN_HAVE_BROTLI != 0 ? SKEIN_HAVE_ZSTD != 0 ? "gzip, deflate, br, zstd" : "gzip, deflate, br"
           : SKEIN_HAVE_ZSTD != 0 ? "gzip, deflate, zstd"
                                  : "gzip, deflate";
}

std::string why_unavailable(content_coding coding, [[maybe_unused]] coding_use use) {
    if (!is_in_this_build(coding))
        return "this build of skein does not have the content coding " + std::string(to_string(coding));
    std::string why;
#if SKEIN_HAVE_BROTLI
    if (coding == content_coding::br) why = why_no_brotli(use);
#endif
#if SKEIN_HAVE_ZSTD
    if (coding == content_coding::zstd) why = why_no_zstd();
#endif
    if (!why.empty()) why.insert(0, "for the content coding " + std::string(to_string(coding)) + ", ");
    return why;
}

std::unique_ptr<decoder> make_decoder(content_coding coding) {
    switch (coding) {
        case content_coding::gzip:
            return make_gzip_decoder();
        case content_coding::deflate:
            return make_deflate_decoder();
#if SKEIN_HAVE_BROTLI
        case content_coding::br:
            return make_brotli_decoder();
#endif
#if SKEIN_HAVE_ZSTD
        case content_coding::zstd:
            return make_zstd_decoder();
#endif
        default:
            throw std::runtime_error(why_unavailable(coding, coding_use::decoding));
    }
}

std::unique_ptr<encoder> make_encoder(content_coding coding) {
    switch (coding) {
        case content_coding::gzip:
            return make_gzip_encoder();
        case content_coding::deflate:
            return make_deflate_encoder();
#if SKEIN_HAVE_BROTLI
        case content_coding::br:
            return make_brotli_encoder();
#endif
#if SKEIN_HAVE_ZSTD
        case content_coding::zstd:
            return make_zstd_encoder();
#endif
        default:
            throw std::runtime_error(why_unavailable(coding, coding_use::encoding));
    }
}

}  // namespace skein::http
