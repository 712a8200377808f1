"""Mail on its way out: frozen mails, their deliveries, the service that sends them, and what people do about them."""
