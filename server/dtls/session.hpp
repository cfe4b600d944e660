#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "dtls/context.hpp"
#include "dtls/handshake_guard.hpp"
#include "dtls/key_and_salt.hpp"

namespace offhook::dtls {

class Association;
enum class Progress : std::uint8_t;
struct ClientHello;

enum class Role : std::uint8_t { Server, Client };  // a=setup:passive, a=setup:active

// a=fingerprint of the peer (RFC 8122).
struct PeerFingerprint {
  std::string
      algorithm;  // "sha-256", "sha-384", "sha-512", lower case; nothing passes under any other
  Bytes value;
};

// A datagram for the peer, at most kMtu bytes. The view is valid until the next call that is not
// poll_output().
struct Datagram {
  ByteView bytes;
};
// The handshake is done and the peer's certificate has the fingerprint of its SDP.
struct Connected {
  std::uint16_t srtp_profile = 0;  // IANA's number, as srtp::Profile
  KeyAndSalt local;                // protects what we send
  KeyAndSalt remote;               // unprotects what we receive
};
struct Failed {
  std::string reason;  // a sentence for the log and the operator; the last output
};
struct Closed {};  // the peer said close_notify; the last output
using Output = std::variant<Datagram, Connected, Failed, Closed>;

// The datagrams we write: less than every path's MTU (IPv6's least is 1280, less IP, UDP and a
// tunnel).
inline constexpr std::size_t kMtu = 1'200;
// RFC 6347 4.2.4.1 says 1 s; a call cannot wait that long for a lost datagram, and a path has 10 to
// 100 ms.
inline constexpr Duration kFirstRetransmission = std::chrono::milliseconds(80);
// From the first ClientHello; the retransmissions come after 0.08, 0.24, ... 20.4 s.
inline constexpr Duration kHandshakeLimit = std::chrono::seconds(30);
// What is left of it once a handshake went wrong: a browser whose ClientHello got mixed with
// somebody else's sends it again in 50 ms to 1 s.
inline constexpr Duration kSecondChance = std::chrono::seconds(5);
// Handshakes that went wrong with a peer that saw our answers, which nobody else did.
inline constexpr int kProvenFailures = 3;

// One DTLS 1.2 association with use_srtp (RFC 5764): AEAD_AES_128_GCM before
// AES_CM_128_HMAC_SHA1_80 before AEAD_AES_256_GCM. In peace without a cookie exchange, because the
// address has passed an authenticated ICE check before (HandshakeGuard).
//
// | state     | event                               | outputs                                   |
// |-----------|-------------------------------------|-------------------------------------------|
// | listening | a ClientHello, or a fragment of one | none yet, or as below when it is complete |
// | listening | one without our cookie, under alarm | HelloVerifyRequest; no state is made      |
// | listening | one too many in the engine          | nothing                                   |
// | listening | anything else                       | nothing                                   |
// | handshake | the peer's flight is complete       | Datagrams of ours                         |
// | handshake | another hello, the first incomplete | alarm; begins anew with that one          |
// | handshake | another hello, the first answered   | alarm; HelloVerifyRequest                 |
// | handshake | a hello with our first cookie       | begins anew with that one                 |
// | handshake | no answer for 80 ms, doubling       | the last flight's Datagrams again         |
// | handshake | done, fingerprint right             | Datagrams, Connected                      |
// | handshake | done, fingerprint not known         | Datagrams; Connected or Failed by expect() |
// | handshake | server: fingerprint wrong, nonsense | alarm; listening again for 5 s, with      |
// |           |                                     | cookies; the third time with one Failed   |
// | handshake | client: fingerprint wrong, nonsense | Failed                                    |
// | handshake | 30 s are over                       | Failed                                    |
// | connected | the peer's last flight again        | ours again: the peer has lost it          |
// | connected | close_notify, unless released       | Closed                                    |
// | connected | fatal alert, unless released        | Failed                                    |
// | connected | a ClientHello, anything of epoch 0  | nothing                                   |
// | any       | not DTLS, not authentic, repeated   | nothing                                   |
//
// Feed it datagrams only from addresses that ICE accepts.
class Session {
 public:
  // `peer` may come later (expect): the handshake runs, but no key leaves before it is known and
  // right. A client's first flight can be polled at once.
  Session(const Context& context, Role role, std::optional<PeerFingerprint> peer, Time now);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // The peer's fingerprint, when it was not known at first. Later ones are ignored.
  void expect(PeerFingerprint peer);

  // False where nothing of the datagram was looked at any further: not DTLS, nothing that has a place
  // now, or something that anybody could have written (for whoever counts).
  bool handle(ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] bool connected() const { return state_ == State::Connected; }
  // Says close_notify, if the handshake is done. Only that Datagram comes out any more.
  void close();
  // Frees all of OpenSSL's state (some 40 kB) and keeps the bytes of a server's last flight, which the
  // peer may have lost: it gets them again when its own last flight comes again. They are the same
  // bytes, so that for the peer the network brings them twice; it cannot have seen them and still ask
  // (RFC 6347 4.2.4). Everything else is ignored from then on, also a close_notify. Failed, Closed and
  // close() have done it already, and keep nothing.
  void release();
  [[nodiscard]] bool released() const { return released_; }

 private:
  enum class State : std::uint8_t { Handshake, FingerprintAwaited, Connected, Ended };
  using Cookie = std::array<std::uint8_t, 16>;

  bool handle_hello(const ClientHello& hello, ByteView datagram, Time now);
  bool handle_another_hello(const ClientHello& hello, ByteView datagram, Time now);
  bool begin(const ClientHello& hello, ByteView datagram, Time now);
  void verify(const ClientHello& hello);
  [[nodiscard]] bool has_cookie(const ClientHello& hello) const;
  void make_association();
  bool repeat_last_flight(ByteView datagram, Time now);
  bool advance(ByteView datagram, Time now);
  void proceed(Progress progress, Time now);
  void finish_handshake();
  void begin_again(Time now);
  void drop_association();
  void fail(const std::string& reason);
  void end(Output event);
  void collect_datagrams();
  void forget_polled();

  Context context_;
  Role role_;
  State state_ = State::Handshake;
  bool released_ = false;
  std::optional<PeerFingerprint> peer_;
  // None while a server waits for a ClientHello.
  std::unique_ptr<Association> association_;
  std::optional<HandshakeGuard::Place> place_;  // while the association is half open
  std::optional<Time> limit_;
  std::optional<Time> retransmit_at_;
  Duration retransmit_after_ = kFirstRetransmission;
  std::uint64_t flight_ = 0;  // that retransmit_at_ is for

  // A server's half-open association: when it began, and of whose hello it is.
  Time began_{};
  std::optional<Bytes> random_;
  bool proven_ = false;      // by our cookie
  bool suspicious_ = false;  // a handshake went wrong: only hellos with our cookie any more
  std::optional<Cookie> cookie_;
  int proven_failures_ = 0;
  std::string failure_reason_;  // of the last handshake that went wrong

  std::vector<Bytes> last_flight_;  // a server's, when it is connected
  Time repeat_at_{};                // not before

  std::vector<Bytes> datagrams_;
  std::size_t polled_ = 0;  // of datagrams_
  std::optional<Output> event_;
};

}  // namespace offhook::dtls
