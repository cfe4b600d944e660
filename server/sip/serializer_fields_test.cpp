#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "sip/message.hpp"
#include "sip/message_samples.hpp"

// Header smuggling: no field of a message that we write can end its line or start another one,
// whatever was put into it.
namespace offhook::sip {
namespace {

struct Field {
  const char* name;
  std::function<void(Request&, Response&, const std::string&)> set;
};

// A field of both messages.
Field in_headers(const char* name, std::function<void(Headers&, const std::string&)> set) {
  return {name, [set](Request& request, Response& response, const std::string& text) {
            set(request.headers, text);
            set(response.headers, text);
          }};
}

void add_address_fields(std::vector<Field>& fields, const char* name,
                        std::function<NameAddress&(Headers&)> address) {
  const auto add = [&](std::function<void(NameAddress&, const std::string&)> set) {
    fields.push_back(in_headers(name, [address, set](Headers& headers, const std::string& text) {
      set(address(headers), text);
    }));
  };
  add([](NameAddress& to, const std::string& text) { to.display_name = text; });
  add([](NameAddress& to, const std::string& text) { to.uri.scheme = text; });
  add([](NameAddress& to, const std::string& text) { to.uri.user = text; });
  add([](NameAddress& to, const std::string& text) { to.uri.host = text; });
  add([](NameAddress& to, const std::string& text) { to.uri.headers = text; });
  add([](NameAddress& to, const std::string& text) { to.uri.parameters.set(text, text); });
  add([](NameAddress& to, const std::string& text) { to.uri.parameters.set("p", text); });
  add([](NameAddress& to, const std::string& text) { to.parameters.set(text, text); });
  add([](NameAddress& to, const std::string& text) { to.parameters.set("+sip.instance", text); });
  add([](NameAddress& to, const std::string& text) { to.set_tag(text); });
}

void add_text_fields(std::vector<Field>& fields) {
  for (auto member :
       {&Headers::call_id, &Headers::user_agent, &Headers::server, &Headers::reason,
        &Headers::warning, &Headers::content_type, &Headers::event, &Headers::subscription_state}) {
    fields.push_back(in_headers(
        "text", [member](Headers& headers, const std::string& text) { headers.*member = text; }));
  }
  for (auto member : {&Headers::allow, &Headers::supported, &Headers::require,
                      &Headers::proxy_require, &Headers::unsupported, &Headers::accept}) {
    fields.push_back(in_headers("list", [member](Headers& headers, const std::string& text) {
      headers.*member = {text, "b"};
    }));
  }
}

void add_digest_fields(std::vector<Field>& fields) {
  for (auto member : {&Challenge::realm, &Challenge::nonce, &Challenge::algorithm}) {
    fields.push_back(in_headers("challenge", [member](Headers& headers, const std::string& text) {
      headers.www_authenticate.at(0).*member = text;
    }));
  }
  fields.push_back(in_headers("challenge", [](Headers& headers, const std::string& text) {
    headers.proxy_authenticate.at(0).opaque = text;
    headers.proxy_authenticate.at(0).qop = {text, text};
  }));
  for (auto member : {&Credentials::username, &Credentials::realm, &Credentials::nonce,
                      &Credentials::uri, &Credentials::response, &Credentials::algorithm,
                      &Credentials::cnonce, &Credentials::qop, &Credentials::nonce_count}) {
    fields.push_back(in_headers("credentials", [member](Headers& headers, const std::string& text) {
      headers.authorization.at(0).*member = text;
    }));
  }
  fields.push_back(in_headers("credentials", [](Headers& headers, const std::string& text) {
    headers.proxy_authorization.at(0).opaque = text;
  }));
}

std::vector<Field> every_field() {
  std::vector<Field> fields;
  fields.push_back({"method", [](Request& request, Response&, const std::string& text) {
                      request.method = request.headers.cseq.method = Method::Unknown;
                      request.unknown_method = request.headers.cseq.unknown_method = text;
                    }});
  fields.push_back({"Request-URI", [](Request& request, Response&, const std::string& text) {
                      request.uri.user = request.uri.host = request.uri.headers = text;
                      request.uri.parameters.set(text, text);
                    }});
  fields.push_back({"reason phrase", [](Request&, Response& response, const std::string& text) {
                      response.reason_phrase = text;
                    }});
  fields.push_back(in_headers("Via", [](Headers& headers, const std::string& text) {
    headers.via.at(0).transport = headers.via.at(0).host = text;
  }));
  fields.push_back(in_headers("Via", [](Headers& headers, const std::string& text) {
    headers.via.at(0).parameters.set("branch", text);
    headers.via.at(0).parameters.set(text, text);
  }));
  add_address_fields(fields, "From", [](Headers& headers) -> auto& { return headers.from; });
  add_address_fields(fields, "To", [](Headers& headers) -> auto& { return headers.to; });
  add_address_fields(fields, "Contact", [](Headers& h) -> auto& { return h.contact.at(0); });
  add_address_fields(fields, "Route", [](Headers& h) -> auto& { return h.route.at(0); });
  add_address_fields(fields, "Record-Route",
                     [](Headers& h) -> auto& { return h.record_route.at(0); });
  add_address_fields(fields, "Path", [](Headers& h) -> auto& { return h.path.at(0); });
  add_address_fields(fields, "Remote-Party-ID",
                     [](Headers& h) -> auto& { return *h.remote_party_id; });
  add_address_fields(fields, "P-Asserted-Identity",
                     [](Headers& h) -> auto& { return *h.p_asserted_identity; });
  add_address_fields(fields, "Refer-To", [](Headers& h) -> auto& { return *h.refer_to; });
  add_address_fields(fields, "Referred-By", [](Headers& h) -> auto& { return *h.referred_by; });
  fields.push_back(in_headers("RAck", [](Headers& headers, const std::string& text) {
    headers.rack = RAck{1, {1, Method::Unknown, text}};
  }));
  for (auto member : {&Replaces::call_id, &Replaces::to_tag, &Replaces::from_tag}) {
    fields.push_back(in_headers("Replaces", [member](Headers& headers, const std::string& text) {
      *headers.replaces.*member = text;
    }));
  }
  add_text_fields(fields);
  add_digest_fields(fields);
  return fields;
}

Headers full_headers() {
  Headers headers = std::get<Request>(*parse_message(samples::options())).headers;
  NameAddress address;
  address.uri.host = "h";
  headers.contact = headers.route = headers.record_route = headers.path = {address};
  headers.remote_party_id = headers.p_asserted_identity = address;
  headers.refer_to = headers.referred_by = address;
  headers.replaces = Replaces{};
  headers.rseq = 1;
  headers.rack = RAck{1, {1, Method::Invite, {}}};
  headers.www_authenticate.resize(1);
  headers.www_authenticate[0].realm = headers.www_authenticate[0].nonce = "n";
  headers.proxy_authenticate = headers.www_authenticate;
  headers.authorization.resize(1);
  headers.proxy_authorization.resize(1);
  return headers;
}

// The names of the header lines, the start line for the first of them.
std::vector<std::string> line_names(std::string_view bytes) {
  std::vector<std::string> names;
  while (!bytes.starts_with("\r\n")) {
    const auto line = bytes.substr(0, bytes.find("\r\n"));
    names.emplace_back(names.empty() ? "start" : line.substr(0, line.find(':')));
    bytes.remove_prefix(line.size() + 2);
  }
  return names;
}

void expect_like(const std::string& bytes, const std::string& clean, const char* field) {
  EXPECT_EQ(line_names(bytes), line_names(clean)) << field;
  EXPECT_EQ(std::ranges::count(bytes, '\r'), std::ranges::count(clean, '\r')) << field;
  EXPECT_EQ(std::ranges::count(bytes, '\n'), std::ranges::count(clean, '\n')) << field;
  EXPECT_FALSE(bytes.contains('\0')) << field;
  const auto read = parse_message(bytes);
  ASSERT_TRUE(read) << field << ": " << read.error().message << "\n" << bytes;
  EXPECT_EQ(line_names(serialize(*read)), line_names(clean)) << field;
}

TEST(SerializerFieldsTest, NoTextInAnyFieldMakesALineOrAnInvalidMessage) {
  Request request;
  request.method = Method::Options;
  request.uri.host = "h";
  request.headers = full_headers();
  Response response;
  response.status = 200;
  response.headers = full_headers();
  for (const Field& field : every_field()) {
    Request clean_request = request;
    Response clean_response = response;
    field.set(clean_request, clean_response, "a");
    const std::string clean[] = {serialize(clean_request), serialize(clean_response)};
    for (const std::string& bad :
         {std::string("\r\n"), std::string("\r"), std::string("\n"), std::string("\0", 1),
          std::string("%0d%0a"), std::string("\r\n\r\n"), std::string("\r\n "), std::string("\x7f"),
          std::string("\""), std::string("\\"), std::string(">"), std::string("<sip:x>"),
          std::string("@"), std::string(";b=c"), std::string(", "), std::string("\xff")}) {
      Request dirty_request = request;
      Response dirty_response = response;
      field.set(dirty_request, dirty_response, "a" + bad + "Evil: 1" + bad);
      expect_like(serialize(dirty_request), clean[0], field.name);
      expect_like(serialize(dirty_response), clean[1], field.name);
    }
  }
}

TEST(SerializerFieldsTest, WritesSomethingWhereSomethingMustBe) {
  Request request = std::get<Request>(*parse_message(samples::options()));
  request.method = request.headers.cseq.method = Method::Unknown;
  request.headers.via.at(0).host.clear();
  request.headers.via.at(0).transport.clear();
  request.headers.from.uri.host.clear();
  request.headers.call_id.clear();
  const auto read = parse_message(serialize(request));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Request>(*read).headers.call_id, "_");
}

}  // namespace
}  // namespace offhook::sip
