from rest_framework.routers import SimpleRouter

from ingestion.api.views import IngestionFileViewSet

router = SimpleRouter()
router.register("files", IngestionFileViewSet, basename="ingestion-file")

urlpatterns = router.urls
