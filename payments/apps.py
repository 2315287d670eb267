from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        # Models are there only now.
        from orders.queries.sell_orders import money_sources
        from payments.order_money import money_of

        if money_of not in money_sources:
            money_sources.append(money_of)
