from rest_framework.routers import SimpleRouter

from payments.api.views import CheckoutPaymentViewSet, PaymentViewSet, RefundViewSet

router = SimpleRouter()
router.register("checkouts", CheckoutPaymentViewSet, basename="checkout-payment")
router.register("refunds", RefundViewSet, basename="refund")
router.register("", PaymentViewSet, basename="payment")

urlpatterns = router.urls
