#include "srtp/context.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace offhook::srtp {

namespace {

constexpr std::size_t kRtpFixedHeaderBytes = 12;
constexpr std::size_t kRtcpHeaderBytes = 8;  // what stays in the clear (RFC 3711 3.4)
constexpr std::size_t kRtcpIndexBytes = 4;
constexpr std::uint32_t kEncryptedFlag = 0x80000000;
constexpr std::uint64_t kMaxRtcpIndex = 0x7FFFFFFF;

Result<PacketCipher> make_cipher(Profile profile, ByteView key_and_salt, Direction direction) {
  const std::size_t wanted = key_bytes(profile) + salt_bytes(profile);
  if (key_and_salt.size() != wanted) {
    return failure("an SRTP key with salt of " + std::to_string(key_and_salt.size()) +
                   " bytes where " + std::to_string(wanted) + " are needed");
  }
  return PacketCipher(profile, derive_session_keys(profile, PacketKind::Rtp, key_and_salt),
                      derive_session_keys(profile, PacketKind::Rtcp, key_and_salt), direction);
}

// The bytes before the payload: fixed header, CSRCs, extension (RFC 3550 5.1, 5.3.1). nullopt: they
// are not all there.
std::optional<std::size_t> rtp_header_bytes(ByteView packet) {
  if (packet.size() < kRtpFixedHeaderBytes) return std::nullopt;
  std::size_t size = kRtpFixedHeaderBytes + 4 * std::size_t{packet[0] & 0x0FU};
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return std::nullopt;
    size += 4 + 4 * std::size_t{load_u16(packet.data() + size + 2)};
  }
  if (packet.size() < size) return std::nullopt;
  return size;
}

// The state of one SSRC. A new one becomes part of `streams` with keep(), when its first packet has
// gone well.
class StreamOf {
 public:
  StreamOf(Streams& streams, std::uint32_t ssrc) : streams_(streams), ssrc_(ssrc) {
    if (streams.latest.ssrc == ssrc || streams.latest.is_blank()) {
      stream_ = &streams.latest;
    } else {
      look_further();
    }
  }

  [[nodiscard]] bool fits() const { return stream_ != nullptr; }
  [[nodiscard]] Stream* operator->() { return stream_; }
  void keep() {
    stream_->ssrc = ssrc_;
    if (stream_ != &streams_.latest) make_latest();
  }

 private:
  void look_further() {
    const auto found = std::ranges::find(streams_.others, ssrc_, &Stream::ssrc);
    if (found != streams_.others.end()) {
      stream_ = &*found;
    } else if (streams_.others.size() + 1 < kMaxStreams) {
      stream_ = &fresh_.emplace();
    }
  }
  void make_latest() {
    if (fresh_) {
      streams_.others.push_back(streams_.latest);
      streams_.latest = *fresh_;
    } else {
      std::swap(*stream_, streams_.latest);
    }
  }

  Streams& streams_;
  std::uint32_t ssrc_;
  Stream* stream_ = nullptr;
  std::optional<Stream> fresh_;
};

}  // namespace

std::optional<std::uint64_t> Stream::index_counted_on(std::uint16_t sequence_number) const {
  if (!rtp.empty() || former_highest == 0) return std::nullopt;
  ReplayWindow former;
  former.mark(former_highest);
  const auto index = guess_index(former, sequence_number);
  return index == sequence_number ? std::nullopt : index;
}

Result<Sender> Sender::make(Profile profile, ByteView key_and_salt) {
  auto cipher = make_cipher(profile, key_and_salt, Direction::Protect);
  if (!cipher) return std::unexpected(cipher.error());
  return Sender(std::move(*cipher));
}

Result<void> Sender::rekey(Profile profile, ByteView key_and_salt) {
  auto cipher = make_cipher(profile, key_and_salt, Direction::Protect);
  if (!cipher) return std::unexpected(cipher.error());
  cipher_ = std::move(*cipher);
  return {};
}

std::expected<MutableByteView, PacketError> Sender::protect_rtp(MutableByteView buffer,
                                                                std::size_t size) {
  if (buffer.size() < size) return std::unexpected(PacketError::NoRoom);
  const auto header_bytes = rtp_header_bytes(buffer.first(size));
  if (!header_bytes) return std::unexpected(PacketError::TooShort);
  const std::size_t tag_bytes = cipher_.tag_bytes(PacketKind::Rtp);
  if (buffer.size() - size < tag_bytes) return std::unexpected(PacketError::NoRoom);

  const std::uint32_t ssrc = load_u32(buffer.data() + 8);
  StreamOf stream(streams_, ssrc);
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const auto index = guess_index(stream->rtp, load_u16(buffer.data() + 2));
  if (!index || !stream->rtp.accepts(*index)) return std::unexpected(PacketError::Replayed);
  cipher_.protect(PacketKind::Rtp,
                  {.ssrc = ssrc,
                   .index = *index,
                   .header = buffer.first(*header_bytes),
                   .body = buffer.subspan(*header_bytes, size - *header_bytes),
                   .word = static_cast<std::uint32_t>(*index >> 16)},
                  buffer.data() + size);
  stream->rtp.mark(*index);
  stream.keep();
  return buffer.first(size + tag_bytes);
}

std::expected<MutableByteView, PacketError> Sender::protect_rtcp(MutableByteView buffer,
                                                                 std::size_t size) {
  if (size < kRtcpHeaderBytes) return std::unexpected(PacketError::TooShort);
  const std::size_t tag_bytes = cipher_.tag_bytes(PacketKind::Rtcp);
  const std::size_t total = size + tag_bytes + kRtcpIndexBytes;
  if (buffer.size() < total) return std::unexpected(PacketError::NoRoom);

  const std::uint32_t ssrc = load_u32(buffer.data() + 4);
  StreamOf stream(streams_, ssrc);
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const std::uint64_t index = stream->rtcp.empty() ? 0 : stream->rtcp.highest() + 1;
  if (index > kMaxRtcpIndex) return std::unexpected(PacketError::KeyExhausted);
  const std::uint32_t word = kEncryptedFlag | static_cast<std::uint32_t>(index);
  // The index stands before the tag, but behind it with AEAD (RFC 7714 9.2).
  const std::size_t tag_at = cipher_.is_aead() ? size : size + kRtcpIndexBytes;
  cipher_.protect(PacketKind::Rtcp,
                  {.ssrc = ssrc,
                   .index = index,
                   .header = buffer.first(kRtcpHeaderBytes),
                   .body = buffer.subspan(kRtcpHeaderBytes, size - kRtcpHeaderBytes),
                   .word = word},
                  buffer.data() + tag_at);
  store_u32(buffer.data() + (cipher_.is_aead() ? size + tag_bytes : size), word);
  stream->rtcp.mark(index);
  stream.keep();
  return buffer.first(total);
}

Result<Receiver> Receiver::make(Profile profile, ByteView key_and_salt) {
  auto cipher = make_cipher(profile, key_and_salt, Direction::Unprotect);
  if (!cipher) return std::unexpected(cipher.error());
  return Receiver(std::move(*cipher));
}

Result<void> Receiver::rekey(Profile profile, ByteView key_and_salt) {
  auto cipher = make_cipher(profile, key_and_salt, Direction::Unprotect);
  if (!cipher) return std::unexpected(cipher.error());
  cipher_ = std::move(*cipher);
  const Stream& before = streams_.latest;
  const std::uint64_t highest = before.rtp.empty() ? before.former_highest : before.rtp.highest();
  streams_ = {.latest = {.ssrc = before.ssrc, .rtp = {}, .rtcp = {}, .former_highest = highest},
              .others = {}};
  return {};
}

bool Receiver::opens(MutableByteView packet, std::size_t header_bytes, std::uint64_t index) {
  const std::size_t size = packet.size() - cipher_.tag_bytes(PacketKind::Rtp);
  return cipher_.unprotect(PacketKind::Rtp,
                           {.ssrc = load_u32(packet.data() + 8),
                            .index = index,
                            .header = packet.first(header_bytes),
                            .body = packet.subspan(header_bytes, size - header_bytes),
                            .word = static_cast<std::uint32_t>(index >> 16)},
                           packet.data() + size);
}

std::expected<MutableByteView, PacketError> Receiver::unprotect_rtp(MutableByteView packet) {
  const std::size_t tag_bytes = cipher_.tag_bytes(PacketKind::Rtp);
  if (packet.size() < tag_bytes) return std::unexpected(PacketError::TooShort);
  const std::size_t size = packet.size() - tag_bytes;
  const auto header_bytes = rtp_header_bytes(packet.first(size));
  if (!header_bytes) return std::unexpected(PacketError::TooShort);

  StreamOf stream(streams_, load_u32(packet.data() + 8));
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const std::uint16_t sequence_number = load_u16(packet.data() + 2);
  auto index = guess_index(stream->rtp, sequence_number);
  if (!index || !stream->rtp.accepts(*index)) return std::unexpected(PacketError::Replayed);
  if (!opens(packet, *header_bytes, *index)) {
    index = stream->index_counted_on(sequence_number);
    // Decrypted twice with the same key stream the packet is what it was.
    if (!index || opens(packet, *header_bytes, sequence_number) ||
        !opens(packet, *header_bytes, *index)) {
      return std::unexpected(PacketError::AuthenticationFailed);
    }
  }
  stream->rtp.mark(*index);
  stream.keep();
  return packet.first(size);
}

std::expected<MutableByteView, PacketError> Receiver::unprotect_rtcp(MutableByteView packet) {
  const std::size_t tag_bytes = cipher_.tag_bytes(PacketKind::Rtcp);
  const std::size_t trailer = tag_bytes + kRtcpIndexBytes;
  if (packet.size() < kRtcpHeaderBytes + trailer) return std::unexpected(PacketError::TooShort);
  const std::size_t size = packet.size() - trailer;
  const std::size_t index_at = cipher_.is_aead() ? size + tag_bytes : size;
  const std::size_t tag_at = cipher_.is_aead() ? size : size + kRtcpIndexBytes;
  const std::uint32_t word = load_u32(packet.data() + index_at);
  const std::uint64_t index = word & ~kEncryptedFlag;

  const std::uint32_t ssrc = load_u32(packet.data() + 4);
  StreamOf stream(streams_, ssrc);
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  if (!stream->rtcp.accepts(index)) return std::unexpected(PacketError::Replayed);
  // Without the E bit the packet is authenticated only (RFC 3711 3.4): all of it is header.
  const std::size_t clear = (word & kEncryptedFlag) != 0 ? kRtcpHeaderBytes : size;
  if (!cipher_.unprotect(PacketKind::Rtcp,
                         {.ssrc = ssrc,
                          .index = index,
                          .header = packet.first(clear),
                          .body = packet.subspan(clear, size - clear),
                          .word = word},
                         packet.data() + tag_at)) {
    return std::unexpected(PacketError::AuthenticationFailed);
  }
  stream->rtcp.mark(index);
  stream.keep();
  return packet.first(size);
}

}  // namespace offhook::srtp
