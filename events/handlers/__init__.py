"""events/handlers"""
