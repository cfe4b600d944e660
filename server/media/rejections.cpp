#include "media/rejections.hpp"

namespace offhook::media {

Rejection rejection_of(srtp::PacketError error) {
  switch (error) {
    case srtp::PacketError::AuthenticationFailed:
      return Rejection::NotAuthentic;
    case srtp::PacketError::Replayed:
      return Rejection::Replayed;
    case srtp::PacketError::TooShort:
    case srtp::PacketError::TooManyStreams:
    case srtp::PacketError::NoRoom:
    case srtp::PacketError::KeyExhausted:
      break;
  }
  return Rejection::Malformed;
}

}  // namespace offhook::media
