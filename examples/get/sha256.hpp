// SHA-256 of what passes by, by OpenSSL.
#pragma once

#include <skein/bytes.hpp>

#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace get {

/// *Throws:* std::runtime_error if OpenSSL has no SHA-256.
class sha256 {
public:
    sha256();
    ~sha256();
    void add(skein::byte_view bytes);
    /// The digest in hexadecimal. Nothing can be added after it.
    std::string finish();

private:
    struct freer {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, freer> context_;
};

}  // namespace get
