#include "http/token_store.hpp"

#include <iterator>

#include <openssl/sha.h>

#include "base/bytes.hpp"

namespace offhook::http {

std::string TokenStore::issue(std::string_view user, Random& random, Time now) {
  remove_expired(now);
  if (entries_.size() >= limit_) {
    by_digest_.erase(entries_.front().digest);
    entries_.pop_front();
  }
  constexpr std::size_t kTokenBytes = 32;
  std::string token = random.hex(kTokenBytes);
  entries_.push_back({digest_of(token), std::string(user), now + lifetime_});
  by_digest_[entries_.back().digest] = std::prev(entries_.end());
  return token;
}

std::optional<std::string> TokenStore::find(std::string_view token, Time now) {
  remove_expired(now);
  const auto found = by_digest_.find(digest_of(token));
  if (found == by_digest_.end()) return std::nullopt;
  found->second->expires = now + lifetime_;
  entries_.splice(entries_.end(), entries_, found->second);
  return found->second->user;
}

std::optional<std::string> TokenStore::take(std::string_view token, Time now) {
  std::optional<std::string> user = find(token, now);
  if (user) {
    by_digest_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  return user;
}

TokenStore::Digest TokenStore::digest_of(std::string_view token) {
  Digest digest{};
  const ByteView bytes = as_bytes(token);
  ::SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

void TokenStore::remove_expired(Time now) {
  while (!entries_.empty() && entries_.front().expires <= now) {
    by_digest_.erase(entries_.front().digest);
    entries_.pop_front();
  }
}

}  // namespace offhook::http
