#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "dtls/context.hpp"
#include "dtls/key_and_salt.hpp"
#include "dtls/record.hpp"

using SSL = struct ssl_st;
using X509_STORE_CTX = struct x509_store_ctx_st;
struct timeval;

namespace offhook::dtls {

enum class Progress : std::uint8_t { Waiting, Established, Closed, Failed };

// OpenSSL's state of one association, made sans-IO: datagrams in, datagrams out, and its
// retransmission timer turned into two facts (is_waiting, retransmit) for whoever has the clock.
//
// What anybody can write without a key, and what would harm, never reaches OpenSSL: alerts of epoch
// 0 at any time, everything of epoch 0 once the handshake is done, and messages larger or further
// ahead than a handshake needs. Nor do we send alerts of epoch 0: the cause may have been forged, the
// peer that would believe them is not (RFC 6347 4.1.2.7).
//
// Stays where it is: OpenSSL holds pointers to it.
class Association {
 public:
  Association(const Context& context, bool is_server, std::size_t mtu);
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // The certificate that the peer must have; while it is not set, any will do.
  void require_fingerprint(std::string algorithm, Bytes value);
  // Whether the peer's certificate is the required one. False also while nothing is required.
  [[nodiscard]] bool peer_is_right() const;

  // Takes a datagram in, or (empty) makes a client's first flight.
  Progress advance(ByteView datagram);
  // A server's first datagram, when it is the ClientHello (or the start of one) that answers our
  // HelloVerifyRequest.
  Progress advance_after_verification(ByteView datagram, ByteView cookie);
  // Whether a record of the last datagram was taken.
  [[nodiscard]] bool took_any() const { return took_any_; }
  // Writes the last flight again, with new record numbers, as RFC 6347 4.2.4 wants: a peer drops
  // known ones.
  Progress retransmit();
  // Writes a close_notify.
  void close();

  // Whether a flight is out that the peer has not answered.
  [[nodiscard]] bool is_waiting() const { return timer_ != nullptr; }
  // Counts those flights.
  [[nodiscard]] std::uint64_t flight() const { return flight_; }
  // What there is to send since the last call, in order.
  [[nodiscard]] std::vector<Bytes> take_outgoing();
  // After Established; nullopt where no SRTP profile was agreed on.
  [[nodiscard]] std::optional<SrtpKeys> export_keys() const;
  // After Failed.
  [[nodiscard]] const std::string& failure_reason() const { return failure_reason_; }

  // For Context: in place of the verification of a chain, because the fingerprint in the SDP is the
  // proof (RFC 8122 5.1).
  static int verify_certificate(X509_STORE_CTX* store, void* unused);
  // For Context: whether the cookie is the one of advance_after_verification().
  static int verify_cookie(SSL* ssl, const unsigned char* cookie, unsigned int size);

 private:
  struct Bridge;  // OpenSSL's callbacks
  struct Free {
    void operator()(SSL* ssl) const;
  };

  [[nodiscard]] ByteView take_incoming();
  [[nodiscard]] bool may_pass(const Record& record);
  Progress process();
  Progress handshake();
  Progress read();
  Progress fail();
  [[nodiscard]] bool is_required(const X509& certificate) const;

  Context context_;                       // outlives ssl_
  std::optional<std::string> algorithm_;  // nullopt: any certificate will do as yet
  Bytes fingerprint_;
  ByteView incoming_;
  Bytes cookie_;  // which the whole ClientHello is to have, once its last fragment is there
  bool took_any_ = false;
  std::size_t early_records_ = 0;
  std::vector<Bytes> outgoing_;
  timeval* timer_ = nullptr;  // OpenSSL's next_timeout, while it runs
  std::uint64_t flight_ = 0;
  bool established_ = false;
  std::string failure_reason_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace offhook::dtls
