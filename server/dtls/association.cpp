#include "dtls/association.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include "base/assert.hpp"
#include "dtls/fingerprint.hpp"

namespace offhook::dtls {

namespace {

// OpenSSL measures its own retransmission timer on the real clock. It is set so far away that it
// never ends by itself.
constexpr unsigned int kNeverUs = 3'600'000'000;

// The last message of a client has the number 5 (after a ClientHello for each of the two cookies),
// and no message is longer than the certificate may be (context.cpp).
constexpr std::size_t kMaxMessageSequence = 7;
constexpr std::size_t kMaxMessageBytes = 8'192;
// Protected records that overtook the ChangeCipherSpec before them. OpenSSL keeps each with a buffer
// of 16 kB.
constexpr std::size_t kMaxEarlyRecords = 4;

struct ProfileSizes {
  std::size_t key;
  std::size_t salt;
};

std::optional<ProfileSizes> sizes_of(unsigned long profile) {
  switch (profile) {
    case SRTP_AES128_CM_SHA1_80:
    case SRTP_AES128_CM_SHA1_32:
      return ProfileSizes{.key = 16, .salt = 14};
    case SRTP_AEAD_AES_128_GCM:
      return ProfileSizes{.key = 16, .salt = 12};
    case SRTP_AEAD_AES_256_GCM:
      return ProfileSizes{.key = 32, .salt = 12};
    default:
      return std::nullopt;
  }
}

}  // namespace

struct Association::Bridge {
  static Association& of(BIO* bio) { return *static_cast<Association*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    ByteView rest = as_bytes({data, static_cast<std::size_t>(size)});
    Bytes datagram;
    datagram.reserve(rest.size());
    while (const auto record = take_record(rest)) {
      if (record->type == ContentType::Alert && record->epoch == 0) continue;
      datagram.insert(datagram.end(), record->bytes.begin(), record->bytes.end());
    }
    if (!datagram.empty()) of(bio).outgoing_.push_back(std::move(datagram));
    return size;
  }

  // A record at a time, as if each were a datagram: what a record brings about is known when the
  // next is looked at.
  static int read(BIO* bio, char* out, int room) {
    BIO_clear_retry_flags(bio);
    const ByteView record = of(bio).take_incoming();
    if (record.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t size = std::min(record.size(), static_cast<std::size_t>(room));
    std::memcpy(out, record.data(), size);
    return static_cast<int>(size);
  }

  static long control(BIO* bio, int command, long, void* argument) {
    if (command == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT) {
      // OpenSSL shows its timer to the BIO whenever it starts or (all zero) stops it.
      auto* timer = static_cast<timeval*>(argument);
      const bool runs = timer->tv_sec != 0 || timer->tv_usec != 0;
      if (runs && !of(bio).is_waiting()) ++of(bio).flight_;
      of(bio).timer_ = runs ? timer : nullptr;
      return 1;
    }
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
      OFFHOOK_ASSERT(bio != nullptr);
      BIO_meth_set_write(bio, &Bridge::write);
      BIO_meth_set_read(bio, &Bridge::read);
      BIO_meth_set_ctrl(bio, &Bridge::control);
      return bio;
    }();
    return made;
  }

  static unsigned int timer_duration(SSL*, unsigned int) { return kNeverUs; }
};

void Association::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

Association::Association(const Context& context, bool is_server, std::size_t mtu)
    : context_(context), ssl_(SSL_new(context.get())) {
  BIO* bio = BIO_new(Bridge::method());
  OFFHOOK_ASSERT(ssl_ != nullptr && bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_mtu(ssl_.get(), static_cast<long>(mtu));
  DTLS_set_timer_cb(ssl_.get(), &Bridge::timer_duration);
  if (is_server) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

Association::~Association() = default;

void Association::require_fingerprint(std::string algorithm, Bytes value) {
  algorithm_ = std::move(algorithm);
  fingerprint_ = std::move(value);
}

bool Association::is_required(const X509& certificate) const {
  if (!algorithm_) return false;
  const auto value = fingerprint_of(certificate, *algorithm_);
  return value && *value == fingerprint_;
}

bool Association::peer_is_right() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate != nullptr && is_required(*certificate);
}

int Association::verify_certificate(X509_STORE_CTX* store, void*) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& association = *static_cast<Association*>(SSL_get_app_data(ssl));
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (!association.algorithm_ || association.is_required(*certificate)) return 1;
  association.failure_reason_ = "the certificate is not the one in the peer's SDP";
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

int Association::verify_cookie(SSL* ssl, const unsigned char* cookie, unsigned int size) {
  const auto& association = *static_cast<Association*>(SSL_get_app_data(ssl));
  return std::ranges::equal(ByteView(cookie, size), association.cookie_) ? 1 : 0;
}

ByteView Association::take_incoming() {
  while (const auto record = take_record(incoming_)) {
    if (!may_pass(*record)) continue;
    took_any_ = true;
    return record->bytes;
  }
  return {};
}

bool Association::may_pass(const Record& record) {
  if (established_) return record.epoch != 0;
  if (record.epoch == 0) {
    if (record.type == ContentType::ChangeCipherSpec) return true;
    const auto fragment = handshake_fragment(record);
    return fragment && fragment->message_sequence <= kMaxMessageSequence &&
           fragment->message_bytes <= kMaxMessageBytes;
  }
  const OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl_.get());
  const bool reads_protected = state == TLS_ST_SR_CHANGE || state == TLS_ST_CR_CHANGE;
  return reads_protected || ++early_records_ <= kMaxEarlyRecords;
}

Progress Association::advance(ByteView datagram) {
  ERR_clear_error();
  incoming_ = datagram;
  return process();
}

Progress Association::advance_after_verification(ByteView datagram, ByteView cookie) {
  ERR_clear_error();
  incoming_ = datagram;
  cookie_.assign(cookie.begin(), cookie.end());
  const std::unique_ptr<BIO_ADDR, decltype(&BIO_ADDR_free)> unused(BIO_ADDR_new(), &BIO_ADDR_free);
  return DTLSv1_listen(ssl_.get(), unused.get()) == 1 ? process() : fail();
}

Progress Association::process() {
  took_any_ = false;
  Progress progress = established_ ? Progress::Waiting : handshake();
  if (established_) {
    // What came together with the end of the handshake, or later: nothing but alerts and repeated
    // flights.
    const Progress more = read();
    if (more != Progress::Waiting) progress = more;
    SSL_free_buffers(ssl_.get());  // 18 kB, until a datagram comes
  }
  incoming_ = {};
  return progress;
}

Progress Association::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    return Progress::Established;
  }
  return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ ? Progress::Waiting : fail();
}

Progress Association::read() {
  std::array<std::uint8_t, 256> application_data;  // nobody should send any here; it is dropped
  while (true) {
    const int result = SSL_read(ssl_.get(), application_data.data(), application_data.size());
    if (result > 0) continue;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Progress::Waiting;
      case SSL_ERROR_ZERO_RETURN:
        return Progress::Closed;
      default:
        return fail();
    }
  }
}

Progress Association::fail() {
  if (failure_reason_.empty()) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    failure_reason_ = reason != nullptr ? reason : "for a reason that OpenSSL does not tell";
  }
  ERR_clear_error();
  return Progress::Failed;
}

Progress Association::retransmit() {
  OFFHOOK_ASSERT(timer_ != nullptr);
  ERR_clear_error();
  // OpenSSL resends when it finds its timer in the past, so that is where it goes. There is no call
  // that says so.
  *timer_ = {.tv_sec = 0, .tv_usec = 1};
  return DTLSv1_handle_timeout(ssl_.get()) < 0 ? fail() : Progress::Waiting;
}

void Association::close() {
  ERR_clear_error();
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::vector<Bytes> Association::take_outgoing() { return std::exchange(outgoing_, {}); }

std::optional<SrtpKeys> Association::export_keys() const {
  static constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 4.2
  const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(ssl_.get());
  const auto sizes = profile != nullptr ? sizes_of(profile->id) : std::nullopt;
  if (!sizes) return std::nullopt;
  std::array<std::uint8_t, std::size_t{2} * (32 + 14)> material;
  const ByteView used = ByteView(material).first(2 * (sizes->key + sizes->salt));
  if (SSL_export_keying_material(ssl_.get(), material.data(), used.size(), kLabel.data(),
                                 kLabel.size(), nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  // Both keys first, then both salts.
  const auto [key, salt] = *sizes;
  SrtpKeys keys{
      .profile = static_cast<std::uint16_t>(profile->id),
      .client = KeyAndSalt(used.first(key), used.subspan(2 * key, salt)),
      .server = KeyAndSalt(used.subspan(key, key), used.subspan(2 * key + salt, salt)),
  };
  OPENSSL_cleanse(material.data(), material.size());
  return keys;
}

}  // namespace offhook::dtls
