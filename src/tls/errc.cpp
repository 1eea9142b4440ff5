// The category of the TLS error codes. What happened in a particular connection is engine::failure().
#include <skein/tls_errc.hpp>

#include <string>

namespace skein {

namespace {

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "skein.tls"; }
    std::string message(int value) const override { return text(static_cast<tls_errc>(value)); }

private:
    static const char* text(tls_errc code) noexcept {
        switch (code) {
            case tls_errc::handshake_failed:
                return "TLS handshake failed";
            case tls_errc::handshake_cut:
                return "connection closed during the TLS handshake";
            case tls_errc::not_tls:
                return "the peer does not speak TLS";
            case tls_errc::protocol_version:
                return "no common TLS version";
            case tls_errc::alert:
                return "TLS alert from the peer";
            case tls_errc::hostname_mismatch:
                return "the certificate is for another host";
            case tls_errc::unknown_ca:
                return "the certificate does not lead to a trusted CA";
            case tls_errc::certificate_expired:
                return "the certificate has expired";
            case tls_errc::certificate_not_yet_valid:
                return "the certificate is not valid yet";
            case tls_errc::certificate_invalid:
                return "the certificate is not acceptable";
            case tls_errc::truncated:
                return "connection ended without the TLS close_notify";
            case tls_errc::bad_record:
                return "broken TLS record";
            case tls_errc::flood:
                return "too much TLS traffic without data";
            case tls_errc::pin_mismatch:
                return "no pin matches the certificate";
            case tls_errc::certificate_required:
                return "the peer requires a client certificate";
        }
        return "unknown TLS error";
    }
};

}  // namespace

const std::error_category& tls_category() noexcept {
    static const category the_category;
    return the_category;
}

std::error_code make_error_code(tls_errc code) noexcept {
    return {static_cast<int>(code), tls_category()};
}

}  // namespace skein
