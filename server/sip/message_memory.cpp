#include "sip/message_memory.hpp"

#include <string>
#include <vector>

namespace offhook::sip {
namespace {

std::size_t heap(const std::string& text) {
  static const std::size_t kInline = std::string().capacity();
  return text.capacity() > kInline ? text.capacity() + 1 : 0;
}

std::size_t heap(const Parameters& parameters) {
  std::size_t bytes = parameters.items().capacity() * sizeof(Parameter);
  for (const Parameter& parameter : parameters.items()) {
    bytes += heap(parameter.name) + (parameter.value ? heap(*parameter.value) : 0);
  }
  return bytes;
}

std::size_t heap(const Via& via) {
  return heap(via.transport) + heap(via.host) + heap(via.parameters);
}

std::size_t heap(const NameAddress& address) {
  const Uri& uri = address.uri;
  return heap(address.display_name) + heap(uri.user) + heap(uri.host) + heap(uri.parameters) +
         heap(uri.headers) + heap(address.parameters);
}

std::size_t heap(const Replaces& replaces) {
  return heap(replaces.call_id) + heap(replaces.to_tag) + heap(replaces.from_tag);
}

std::size_t heap(const Challenge& challenge) {
  return heap(challenge.realm) + heap(challenge.nonce) + heap(challenge.algorithm);
}

std::size_t heap(const Credentials& credentials) {
  return heap(credentials.username) + heap(credentials.realm) + heap(credentials.nonce) +
         heap(credentials.uri) + heap(credentials.response) + heap(credentials.cnonce);
}

template <typename T>
std::size_t heap(const std::vector<T>& list) {
  std::size_t bytes = list.capacity() * sizeof(T);
  for (const T& element : list) bytes += heap(element);
  return bytes;
}

std::size_t heap(const Headers& headers) {
  std::size_t bytes = heap(headers.via) + heap(headers.from) + heap(headers.to);
  for (const auto* list :
       {&headers.contact, &headers.route, &headers.record_route, &headers.path}) {
    bytes += heap(*list);
  }
  for (const auto* list : {&headers.allow, &headers.supported, &headers.require,
                           &headers.proxy_require, &headers.unsupported, &headers.accept}) {
    bytes += heap(*list);
  }
  for (const auto* list : {&headers.www_authenticate, &headers.proxy_authenticate}) {
    bytes += heap(*list);
  }
  for (const auto* list : {&headers.authorization, &headers.proxy_authorization}) {
    bytes += heap(*list);
  }
  for (const auto* address : {&headers.remote_party_id, &headers.p_asserted_identity,
                              &headers.refer_to, &headers.referred_by}) {
    if (*address) bytes += heap(**address);
  }
  if (headers.rack) bytes += heap(headers.rack->cseq.unknown_method);
  if (headers.replaces) bytes += heap(*headers.replaces);
  for (const auto* text : {&headers.call_id, &headers.cseq.unknown_method, &headers.user_agent,
                           &headers.server, &headers.reason, &headers.warning,
                           &headers.content_type, &headers.event, &headers.subscription_state}) {
    bytes += heap(*text);
  }
  return bytes;
}

}  // namespace

std::size_t heap_bytes(const Request& request) {
  NameAddress target;
  target.uri = request.uri;
  return heap(target) + heap(request.headers) + heap(request.body);
}

std::size_t heap_bytes(const Response& response) {
  return heap(response.reason_phrase) + heap(response.headers) + heap(response.body);
}

}  // namespace offhook::sip
