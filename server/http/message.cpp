#include "http/message.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/text.hpp"

namespace offhook::http {

Response json_response(std::string json) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = std::make_shared<const std::string>(std::move(json))};
}

Response error_response(unsigned status, std::string_view code, std::string_view message) {
  const boost::json::value body = {{"error", {{"code", code}, {"message", message}}}};
  Response response = json_response(boost::json::serialize(body));
  response.status = status;
  return response;
}

std::vector<std::string_view> list_elements(std::string_view header) {
  std::vector<std::string_view> elements;
  while (!header.empty()) {
    const std::string_view element = trim(take_until(header, ','));
    if (!element.empty()) elements.push_back(element);
  }
  return elements;
}

}  // namespace offhook::http
